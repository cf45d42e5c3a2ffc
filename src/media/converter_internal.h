// Turns decoded pictures into RGB as ffmpeg's filter graph does: rotation by the display
// matrix, then swscale (bicubic, ffmpeg's default) to rgb24.
#pragma once

#include <mutex>
#include <optional>

#include "base/error.h"
#include "media/image.h"
#include "media/libav_internal.h"
#include "media/log_capture_internal.h"
#include "media/rotation_internal.h"

namespace videogen::media {

// What a filter graph is built for; ffmpeg builds a new one when any of it changes.
struct PictureShape {
  int width = 0, height = 0;  // as decoded
  int format = -1;            // AVPixelFormat
  std::optional<DisplayMatrix> matrix;
  // Size of the image; 0: what comes. A clip whose pictures change their size on the way is
  // scaled to the size that its output began with, as ffmpeg does.
  int fit_width = 0, fit_height = 0;
  bool by_area = false;  // scaled by area instead of bicubically
  friend bool operator==(const PictureShape&, const PictureShape&) = default;
};

// `next`, scaled to the size of the images that `first` gives.
[[nodiscard]] PictureShape fitted(PictureShape next, const PictureShape& first);

// Thread-safe, so that frames may be converted away from the reader's thread.
class Converter {
 public:
  // Errors: internal.
  Result<Image> convert(const AVFrame& picture, const PictureShape& shape);

 private:
  Status build(const PictureShape& shape);

  std::mutex mutex_;
  // The rest is guarded by mutex_.
  LogSink log_;
  FilterGraph graph_;
  AVFilterContext* source_ = nullptr;  // of graph_
  AVFilterContext* sink_ = nullptr;    // of graph_
  std::optional<PictureShape> shape_;  // of graph_
};

}  // namespace videogen::media
