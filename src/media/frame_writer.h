// Writes a clip: H.264 in MP4 through libx264.
//
// The clip appears under its name only when finish() succeeded; a writer destroyed before
// leaves nothing behind. With the same options and frames the bytes are the same on every run
// (the number of encoder threads is fixed, not taken from the machine).
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "media/image.h"
#include "media/probe.h"

namespace videogen::media {

struct WriteOptions {
  int width = 0, height = 0;  // even, since 4:2:0
  Rational frame_rate{24, 1};
  int crf = 18;                   // 0 (lossless) … 51
  std::string preset = "medium";  // x264's name
  int keyframe_interval = 0;      // frames; 0: x264's choice (250)
  int threads = 4;
  AtomicFile::Existing existing = AtomicFile::Existing::refuse;
};

class FrameWriter {
 public:
  // Errors: usage (odd or empty size, unknown preset, existing file), unwritable.
  static Result<FrameWriter> create(const std::filesystem::path& path, const WriteOptions& options);
  FrameWriter(FrameWriter&&) noexcept;
  FrameWriter& operator=(FrameWriter&&) noexcept;
  ~FrameWriter();

  // `image` must have the size of the options. Errors: usage, unwritable (disk full).
  [[nodiscard]] Status write(const Image& image);
  // Flushes, closes, renames.
  [[nodiscard]] Status finish();

 private:
  struct State;
  explicit FrameWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace videogen::media
