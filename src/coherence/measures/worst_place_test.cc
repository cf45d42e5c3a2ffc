// The measures of the worst place: each stands far over what a sound pan gives, and the more
// damage the more.
#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "coherence/detectors.h"
#include "coherence/measures/clip_for_test_internal.h"

namespace videogen::coherence {
namespace {

constexpr int kFrames = 48;

double value(const MeasureEntry& entry, const std::function<media::Image(int)>& picture) {
  return measure_of(entry, seen_of(kFrames, picture)).value.value();
}

// In order: each larger than the one before.
void expect_rising(const MeasureEntry& entry, std::initializer_list<int> damages,
                   const std::function<media::Image(int frame, int damage)>& picture) {
  double last = -1e9;
  for (const int damage : damages) {
    const double now = value(entry, [&](int n) { return picture(n, damage); });
    EXPECT_GT(now, last) << entry.name << " at " << damage;
    last = now;
  }
}

TEST(MotionLeap, GrowsWithTheFramesThatAreMissing) {
  expect_rising(kMotionLeap, {0, 2, 5},
                [](int n, int missing) { return panned(n >= 24 ? n + missing : n); });
  EXPECT_FALSE(measure_of(kMotionLeap, made_series(7)).value);
}

TEST(BlockDamage, GrowsWithTheBlocksThatAreBroken) {
  expect_rising(kBlockDamage, {0, 12, 48}, [](int n, int side) {
    media::Image image = panned(n);
    if (n != 20 && n != 21) return image;
    for (int y = 40; y < 40 + side; ++y) {
      for (int x = 60; x < 60 + side; ++x) {
        for (int c = 0; c < 3; ++c) image.row(y)[3 * x + c] = (x / 8 + y / 8) % 2 == 0 ? 30 : 220;
      }
    }
    return image;
  });
}

TEST(NoiseBurst, GrowsWithTheNoise) {
  unsigned state = 5;
  expect_rising(kNoiseBurst, {0, 8, 40}, [&](int n, int levels) {
    media::Image image = panned(n);
    if (n < 20 || n >= 28 || levels == 0) return image;
    for (auto& value : image.rgb) {
      state = state * 1664525U + 1013904223U;
      const int noise = int(state >> 16) % (2 * levels + 1) - levels;
      value = static_cast<std::uint8_t>(std::clamp(int(value) + noise, 0, 255));
    }
    return image;
  });
}

TEST(BlurBurst, GrowsWithTheBlur) {
  expect_rising(kBlurBurst, {0, 2, 6}, [&](int n, int passes) {
    media::Image image = panned(n, 240, 180);
    for (std::size_t i = 0; i < image.rgb.size(); ++i)  // grain, the same in all frames
      image.rgb[i] = std::uint8_t(image.rgb[i] / 2 + 40 + i / 3 * 7919 % 41);
    for (int pass = 0; n >= 20 && n < 28 && pass < passes; ++pass) {
      const media::Image before = image;
      for (int y = 0; y < image.height; ++y) {
        for (int x = 6; x < 3 * image.width - 6; ++x)
          image.row(y)[x] =
              std::uint8_t((before.row(y)[x - 6] + before.row(y)[x - 3] + before.row(y)[x] +
                            before.row(y)[x + 3] + before.row(y)[x + 6]) /
                           5);
      }
    }
    return image;
  });
}

// The classifier knows footage, not drawn pans: what it makes of damage is measured by
// `make eval`. Here: the measure is the strongest of what it says.
TEST(Melting, IsTheStrongestFinding) {
  Series series = made_series(kFrames);
  for (const std::size_t last : {10, 20, 30}) {
    series.changes.push_back({.first = last - 9,
                              .last = last,
                              .column = 0.5F,
                              .row = 0.5F,
                              .logit = 0.05F * float(last),
                              .support = 0.04F * float(last)});
  }
  const Findings findings = detect_morph(series);
  const auto strongest = std::ranges::max_element(findings, {}, &Finding::raw);
  ASSERT_NE(strongest, findings.end());
  const Measure measure = measure_of(kMelting, series);
  EXPECT_DOUBLE_EQ(measure.value.value(), strongest->raw);
  EXPECT_DOUBLE_EQ(measure.detail.at(0).second, series.frames[strongest->first].time_s);
  EXPECT_FALSE(measure_of(kMelting, made_series(3)).value);
}

}  // namespace
}  // namespace videogen::coherence
