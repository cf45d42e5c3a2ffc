#include "media/fps_sampler_internal.h"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

extern "C" {
#include <libavutil/avutil.h>
}

namespace videogen::media {
namespace {

// How often each frame is taken.
std::vector<std::int64_t> taken(FpsSampler sampler, const std::vector<std::int64_t>& times,
                                std::int64_t end) {
  std::vector<std::int64_t> counts;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const std::int64_t count = sampler.push(times[i]);
    if (i > 0) counts.push_back(count);
  }
  counts.push_back(sampler.finish(end));
  return counts;
}

TEST(FpsSampler, TakesFramesThreeElevenAndNineteenAtEightFrames) {
  std::vector<std::int64_t> times;
  for (std::int64_t i = 0; i < 20; ++i) times.push_back(i);
  const std::vector<std::int64_t> counts = taken(FpsSampler({1, 8}, 1), times, 20);
  for (std::size_t i = 0; i < counts.size(); ++i)
    EXPECT_EQ(counts[i], i == 3 || i == 11 || i == 19 ? 1 : 0) << i;
}

TEST(FpsSampler, TakesNothingBelowHalfASample) {
  EXPECT_EQ(taken(FpsSampler({1, 100}, 1), {0, 10, 20, 30}, 40),
            (std::vector<std::int64_t>{0, 0, 0, 0}));
}

TEST(FpsSampler, RepeatsFramesBeforeHolesAndAboveTheSourceRate) {
  EXPECT_EQ(taken(FpsSampler({1, 10}, 1), {0, 41, 50}, 60), (std::vector<std::int64_t>{4, 1, 1}));
  EXPECT_EQ(taken(FpsSampler({1, 2}, 6), {0, 1}, 2), (std::vector<std::int64_t>{3, 3}));
}

TEST(FpsSampler, BeginsWithTheFirstFrameWhereverItLies) {
  EXPECT_EQ(taken(FpsSampler({1, 1}, 1), {-7, -6}, -5), (std::vector<std::int64_t>{1, 1}));
}

TEST(FpsSampler, LosesLeadingFramesWithoutATime) {
  EXPECT_EQ(taken(FpsSampler({1, 1}, 1), {AV_NOPTS_VALUE, 5, 6}, 7),
            (std::vector<std::int64_t>{0, 1, 1}));
}

TEST(FpsSampler, StartsAgainAfterReset) {
  FpsSampler sampler({1, 1}, 1);
  sampler.push(0);
  sampler.reset();
  EXPECT_EQ(sampler.push(9), 0);
  EXPECT_EQ(sampler.push(10), 1);
}

TEST(FpsSampler, SurvivesTimesThatNoClockShows) {
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  FpsSampler sampler({1, 1}, 1000);
  sampler.push(std::numeric_limits<std::int64_t>::min() + 1);
  EXPECT_GE(sampler.push(kEnd), 0);
  EXPECT_GE(sampler.finish(kEnd), 0);
}

}  // namespace
}  // namespace videogen::media
