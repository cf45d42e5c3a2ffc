// The frames of a clip, in memory and at one size.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/error.h"
#include "media/frame_reader.h"
#include "media/image.h"

namespace videogen::scenes {

struct FootageOptions {
  int width = 0, height = 0;            // the picture is scaled to cover this, and cropped
  std::optional<media::Rational> rate;  // nullopt: every frame as it comes
  std::int64_t most_frames = 0;         // reads no further
  std::int64_t most_bytes = 0;
};

// Immutable.
class Footage {
 public:
  // Errors: as media::FrameReader; limit (more than most_bytes).
  static Result<Footage> read(const std::filesystem::path& path, const FootageOptions& options,
                              const std::stop_token& stop);

  // At least one.
  [[nodiscard]] std::int64_t frames() const { return static_cast<std::int64_t>(frames_.size()); }
  [[nodiscard]] const media::Image& frame(std::int64_t at) const {
    return frames_[static_cast<std::size_t>(at)];
  }
  [[nodiscard]] const media::Image& sketch(std::int64_t at) const {
    return sketches_[static_cast<std::size_t>(at)];
  }
  [[nodiscard]] std::int64_t bytes() const;

 private:
  std::vector<media::Image> frames_, sketches_;
};

// Means over the pixels that fall into one; not for enlarging.
[[nodiscard]] media::Image shrink(const media::Image& image, int width, int height);

}  // namespace videogen::scenes
