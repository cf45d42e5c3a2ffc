#include "coherence/refine.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::coherence {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// A sample a second; the angle between rows is what makes them unlike.
Timeline samples_at_angles(const std::vector<double>& radians) {
  Timeline samples;
  for (std::size_t i = 0; i < radians.size(); ++i) {
    const float row[]{float(std::cos(radians[i])), float(std::sin(radians[i]))};
    samples.add(double(i), row);
  }
  return samples;
}

std::vector<std::size_t> pairs_of(const std::vector<Doubt>& doubts) {
  std::vector<std::size_t> pairs;
  for (const Doubt& doubt : doubts) pairs.push_back(doubt.pair);
  return pairs;
}

TEST(Timeline, PutsASampleBetweenItsNeighbours) {
  Timeline samples = samples_at_angles({0, 1, 1});
  samples.insert(0.25, {float(std::cos(0.4)), float(std::sin(0.4))});
  EXPECT_THAT(samples.times_s(), ElementsAre(0, 0.25, 1, 2));
  ASSERT_THAT(samples.similarities(), SizeIs(3));
  EXPECT_NEAR(*samples.similarities()[0], std::cos(0.4), 1e-6);
  EXPECT_NEAR(*samples.similarities()[1], std::cos(0.6), 1e-6);
  EXPECT_NEAR(*samples.similarities()[2], 1, 1e-6);
}

TEST(Refine, DoubtsWhatIsNearTheThresholdOrUnderIt) {
  // cos 0.1 = 0.995, cos 0.5 = 0.878, cos 1 = 0.540
  const Timeline samples = samples_at_angles({0, 0.1, 0.6, 0.7, 1.7});
  const auto doubts = doubts_of(samples, nullptr, 0.85, false);
  EXPECT_THAT(pairs_of(doubts), ElementsAre(1, 3));
  EXPECT_EQ(doubts[1].why, "similarity 0.540");
  EXPECT_THAT(pairs_of(doubts_of(samples, nullptr, 0.5, false)), ElementsAre(3));
}

TEST(Refine, LeavesOutWhatStandsOutLeastWhereThereIsTooMuch) {
  std::vector<double> angles{0};
  for (int i = 0; i < 40; ++i) angles.push_back(angles.back() + (i == 30 ? 1.2 : 1.0 + 0.001 * i));
  const auto doubts = doubts_of(samples_at_angles(angles), nullptr, 0.85, false);
  ASSERT_THAT(doubts, SizeIs(kMostDoubts));
  // The sharpest turn and the last ones.
  EXPECT_EQ(doubts.front().pair, 40 - kMostDoubts);
  EXPECT_TRUE(std::ranges::any_of(doubts, [](const Doubt& doubt) { return doubt.pair == 30; }));
}

TEST(Refine, LooksAtEventsAndAtMotion) {
  const Timeline samples = samples_at_angles({0, 0.1, 0.2, 0.3, 0.4, 0.5});
  Analysis analysis;
  analysis.events = {{"flash", 1.25, 1.25, 0, 0, 0.9, {}},
                     {"drift", 0, 5, 0, 0, 0.9, {}},
                     {"cut", 3.5, 3.5, 0, 0, 0.9, {}}};
  analysis.curves = {{"motion", "pixels", {0.5, 1.5, 2.5, 3.5, 4.5}, {2, 2, 2, 2, 9}}};
  const auto doubts = doubts_of(samples, &analysis, 0.85, false);
  EXPECT_THAT(pairs_of(doubts), ElementsAre(1, 3, 4));
  EXPECT_THAT(doubts[0].times, ElementsAre(1.25));
  EXPECT_EQ(doubts[2].why, "motion");
  // A cut that is meant is no doubt.
  EXPECT_THAT(pairs_of(doubts_of(samples, &analysis, 0.85, true)), ElementsAre(1, 4));
}

}  // namespace
}  // namespace videogen::coherence
