// Clips for the tests of the measures: hand-made series, and a rendered pan with one damage.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>

#include <gtest/gtest.h>

#include "coherence/frame_analyser.h"
#include "coherence/measures/list.h"

namespace videogen::coherence {

// Frames that were looked at, with nothing in them: a test fills in what it is about.
inline Series made_series(std::size_t frames, double fps = 24) {
  Series series;
  for (std::size_t i = 0; i < frames; ++i)
    series.frames.push_back({std::int64_t(i), double(i) / fps, {}});
  series.steps.resize(frames);
  series.top_blocks.resize(frames);
  series.warp_errors.resize(frames);
  series.full_differences.resize(frames);
  return series;
}

inline Measure measure_of(const MeasureEntry& entry, const Series& series) {
  const SampleSeries none;
  return entry.measure({series, none});
}

// A texture that pans; levels 20 to 230.
inline media::Image panned(double moment, int width = 160, int height = 120) {
  media::Image image(width, height);
  const double scale = 120.0 / height;  // the same scene at every size
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double u = (x + 0.5) * scale + 1.5 * moment;
      const double v = (y + 0.5) * scale;
      const double level = 125 + 30 * std::sin(0.31 * u + 0.07 * v) +
                           25 * std::sin(0.23 * v - 0.02 * u) + 20 * std::sin(0.12 * u - 0.19 * v) +
                           15 * std::sin(0.0031 * u * v);
      for (int c = 0; c < 3; ++c)
        image.row(y)[3 * x + c] = static_cast<std::uint8_t>(std::clamp(level + 4 * c, 0.0, 255.0));
    }
  }
  return image;
}

// As an 8-bit encoder would: rounded and cut off.
inline void amplify(media::Image& image, double gain) {
  for (auto& value : image.rgb)
    value = static_cast<std::uint8_t>(std::clamp(std::lround(value * gain), 0L, 255L));
}

inline media::Image mirrored(const media::Image& image) {
  media::Image mirror(image.width, image.height);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      for (int c = 0; c < 3; ++c)
        mirror.row(y)[3 * x + c] = image.row(y)[3 * (image.width - 1 - x) + c];
    }
  }
  return mirror;
}

// What the analysis sees of the pictures that `picture` gives for 0, 1, 2, …
inline Series seen_of(int frames, const std::function<media::Image(int)>& picture,
                      double fps = 24) {
  FrameAnalyser analyser({.threads = 2});
  for (int n = 0; n < frames; ++n) EXPECT_TRUE(analyser.push(picture(n), n, n / fps, {}));
  return analyser.finish({}).value();
}

}  // namespace videogen::coherence
