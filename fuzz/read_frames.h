// What the fuzzers of the media room share: narrow limits, and a reading that holds the reader
// to its promises.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <string>

#include "media/frame_reader.h"

inline void expect(bool condition) {
  if (!condition) std::abort();
}

inline videogen::media::ReadOptions narrow_options() {
  videogen::media::ReadOptions options;
  options.threads = 2;
  options.limits.max_dimension = 512;
  options.limits.max_pixels = 512 * 512;
  options.limits.max_streams = 8;
  options.limits.max_packets_without_frame = 100;
  options.limits.max_time = std::chrono::seconds{5};
  return options;
}

inline void read_frames(const std::string& path, const videogen::media::ReadOptions& options) {
  constexpr int kMaxFrames = 60;  // one frame may be meant to be shown for years
  auto reader = videogen::media::FrameReader::open(path, options);
  if (!reader) {
    expect(!reader.error().message.empty());
    return;
  }
  for (int i = 0; i < kMaxFrames; ++i) {
    const auto frame = reader->next();
    if (!frame || !*frame) break;
    expect((*frame)->index() == i && (*frame)->source_index() >= 0);
    if (options.every_frame) expect((*frame)->source_index() == i);
    expect(std::isfinite((*frame)->time_s()));
    const auto image = (*frame)->rgb();
    if (!image) continue;
    expect(image->width <= options.limits.max_dimension &&
           image->height <= options.limits.max_dimension);
  }
  expect(reader->damage().size() <= 4);
}
