// What a clip is, before any of it is decoded.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/error.h"

namespace videogen::media {

// Bounds against hostile files. What goes past one is ErrorCode::limit, naming the bound.
struct Limits {
  int max_dimension = 16384;                 // pixels, either side
  std::int64_t max_pixels = 16384LL * 8192;  // of one frame
  int max_streams = 256;                     // in one container
  int max_packets_without_frame = 2000;      // a decoder that swallows and gives nothing
  std::int64_t max_repeats = 1'000'000;      // samples of one frame: it may last for years
  std::chrono::seconds max_time{3600};       // wall time inside the calls that read one clip
};

struct Rational {
  std::int64_t num = 0;
  std::int64_t den = 1;
  [[nodiscard]] double value() const { return double(num) / double(den); }
};

struct VideoInfo {
  std::string container;               // FFmpeg's demuxer name: "mov,mp4,m4a,3gp,3g2,mj2"
  std::string codec;                   // "h264"
  std::string pixel_format;            // "yuv420p"
  int width = 0, height = 0;           // as shown: after rotation
  int rotation_degrees = 0;            // 0, 90, 180 or 270, clockwise, already applied to the above
  int stream_index = 0;                // the stream that `ffmpeg -i X` would take
  std::optional<double> duration_s;    // as the container says
  std::optional<Rational> frame_rate;  // average, as the container says
  std::optional<std::int64_t> frames;  // as the container says; readers count for themselves
};

// Errors: not_found, unreachable, corrupt (not a video, empty), unsupported (no decoder,
// no video stream), limit.
[[nodiscard]] Result<VideoInfo> probe(const std::filesystem::path& path, const Limits& limits = {});

}  // namespace videogen::media
