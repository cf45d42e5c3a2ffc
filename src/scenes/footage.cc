#include "scenes/footage_internal.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "scenes/source_internal.h"

namespace videogen::scenes {
namespace {

constexpr double kGigabyte = 1e9;

// The middle of the frame, as large as it goes into width × height.
Result<media::Image> cover(const media::Frame& frame, const media::VideoInfo& info, int width,
                           int height) {
  if (info.width == width && info.height == height) return frame.rgb();
  const double scale =
      std::max(double(width) / double(info.width), double(height) / double(info.height));
  const int wide = std::max(width, int(std::lround(scale * info.width)));
  const int high = std::max(height, int(std::lround(scale * info.height)));
  VIDEOGEN_TRY(media::Image scaled, frame.shrunk(wide, high));
  if (wide == width && high == height) return scaled;
  media::Image image(width, height);
  const std::ptrdiff_t left = (wide - width) / 2;
  for (int y = 0; y < height; ++y) {
    const std::uint8_t* row = scaled.row(y + (high - height) / 2) + 3 * left;
    std::copy(row, row + 3 * std::ptrdiff_t{width}, image.row(y));
  }
  return image;
}

tl::unexpected<Error> too_large(const std::filesystem::path& path, std::int64_t frames,
                                const FootageOptions& options, std::int64_t bytes_a_frame) {
  return fail(
      ErrorCode::limit,
      fmt::format("{}: {} frames of {}x{} take {:.1f} GB of memory, more than the {:.1f} GB "
                  "that are allowed: --size, --fps or --seconds makes them fewer",
                  printable(path.string()), frames, options.width, options.height,
                  double(frames * bytes_a_frame) / kGigabyte,
                  double(options.most_bytes) / kGigabyte));
}

}  // namespace

media::Image shrink(const media::Image& image, int width, int height) {
  media::Image small(width, height);
  for (int y = 0; y < height; ++y) {
    const int top = std::min(y * image.height / height, image.height - 1);
    const int bottom = std::max(top + 1, (y + 1) * image.height / height);
    for (int x = 0; x < width; ++x) {
      const int left = std::min(x * image.width / width, image.width - 1);
      const int right = std::max(left + 1, (x + 1) * image.width / width);
      int sum[3] = {0, 0, 0};
      for (int j = top; j < bottom; ++j) {
        const std::uint8_t* p = image.row(j) + 3 * std::ptrdiff_t{left};
        for (int i = left; i < right; ++i, p += 3) {
          for (int c = 0; c < 3; ++c) sum[c] += p[c];
        }
      }
      const int count = (bottom - top) * (right - left);
      for (int c = 0; c < 3; ++c) {
        small.row(y)[3 * x + c] = static_cast<std::uint8_t>((sum[c] + count / 2) / count);
      }
    }
  }
  return small;
}

Result<Footage> Footage::read(const std::filesystem::path& path, const FootageOptions& options,
                              const std::stop_token& stop) {
  media::ReadOptions how;
  how.sample_rate = options.rate;
  VIDEOGEN_TRY(media::FrameReader reader, media::FrameReader::open(path, how));
  const std::int64_t each = 3 * std::int64_t{options.width} * options.height;
  const std::int64_t fit = options.most_bytes / each;
  const std::int64_t expected = std::min(reader.expected_frames().value_or(0), options.most_frames);
  if (expected > fit) return too_large(path, expected, options, each);

  Footage footage;
  while (footage.frames() < options.most_frames) {
    VIDEOGEN_TRY(const std::optional<media::Frame> frame, reader.next(stop));
    if (!frame) break;
    if (footage.frames() == fit) return too_large(path, fit + 1, options, each);
    VIDEOGEN_TRY(media::Image image, cover(*frame, reader.info(), options.width, options.height));
    footage.sketches_.push_back(
        shrink(image, sketch_width(options.width, options.height), kSketchHeight));
    footage.frames_.push_back(std::move(image));
  }
  if (footage.frames_.empty()) {
    return fail(ErrorCode::corrupt,
                fmt::format("{}: no frame in it at this rate", printable(path.string())));
  }
  return footage;
}

std::int64_t Footage::bytes() const {
  return frames() * static_cast<std::int64_t>(frames_.front().rgb.size());
}

}  // namespace videogen::scenes
