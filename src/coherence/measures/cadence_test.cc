#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coherence/measures/clip_for_test_internal.h"

namespace videogen::coherence {
namespace {

// Which picture frame n shows.
Measure cadence(double fps, const std::function<int(int)>& shown, int frames = 60) {
  Series series = made_series(std::size_t(frames), fps);
  for (int n = 1; n < frames; ++n)
    series.steps[std::size_t(n)].busy_difference =
        shown(n) == shown(n - 1) ? 0.4F : 9.0F + float(shown(n) % 3);
  return measure_of(kCadence, series);
}

TEST(Cadence, KnowsWhatFilmAndAnimationDo) {
  const Measure every = cadence(24, [](int n) { return n; });
  EXPECT_EQ(every.label, "every frame new");
  EXPECT_NEAR(*every.value, 24, 1e-6);
  const Measure twos = cadence(24, [](int n) { return n / 2; });
  EXPECT_EQ(twos.label, "on twos");
  EXPECT_NEAR(*twos.value, 12, 1e-6);
  const Measure threes = cadence(24, [](int n) { return n / 3; });
  EXPECT_EQ(threes.label, "on threes");
  EXPECT_NEAR(*threes.value, 8, 1e-6);
  // 24 a second in 60 and in 30 frames.
  const Measure sixty = cadence(
      60, [](int n) { return n * 24 / 60; }, 120);
  EXPECT_EQ(sixty.label, "3:2 pulldown");
  EXPECT_NEAR(*sixty.value, 24, 0.5);
  const Measure thirty = cadence(30, [](int n) { return n * 24 / 30; });
  EXPECT_EQ(thirty.label, "3:2 pulldown");
  EXPECT_NEAR(*thirty.value, 24, 0.5);
  EXPECT_THAT(thirty.detail,
              testing::Contains(testing::Pair("held_share", testing::DoubleNear(0.2, 0.02))));
}

TEST(Cadence, CallsWhatStuttersIrregular) {
  EXPECT_EQ(cadence(24, [](int n) { return n * n / 40 + (n * 7 % 5) / 4; }).label, "irregular");
}

TEST(Cadence, IsNotDisturbedByAFreezeOrAStillScene) {
  EXPECT_EQ(cadence(24, [](int n) { return n < 30   ? n
                                           : n < 45 ? 30
                                                    : n; }).label,
            "every frame new");
  const Measure still = cadence(24, [](int) { return 0; });
  EXPECT_FALSE(still.value);
  EXPECT_NE(still.absent, "");
}

TEST(Cadence, IsSeenInPictures) {
  const Series twos = seen_of(36, [](int n) { return panned(n / 2 * 2); });
  EXPECT_EQ(measure_of(kCadence, twos).label, "on twos");
  const Series ones = seen_of(36, [](int n) { return panned(n); });
  EXPECT_EQ(measure_of(kCadence, ones).label, "every frame new");
}

}  // namespace
}  // namespace videogen::coherence
