// The measures of embeddings, on samples that are vectors at known angles.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coherence/measures/clip_for_test_internal.h"

namespace videogen::coherence {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Pair;

constexpr double kNear = 1e-6;

double cosine_of(double degrees) { return std::cos(degrees * std::acos(-1.0) / 180); }

// One sample a second, each a unit vector at an angle.
SampleSeries samples_at(const std::vector<double>& degrees) {
  SampleWatch watch;
  for (std::size_t i = 0; i < degrees.size(); ++i)
    watch.add(double(i),
              std::vector<float>{float(cosine_of(degrees[i])), float(cosine_of(degrees[i] - 90))});
  return watch.finish();
}

Measure measure_of(const MeasureEntry& entry, const std::vector<double>& degrees) {
  const Series series = made_series(0);
  const SampleSeries samples = samples_at(degrees);
  return entry.measure({series, samples});
}

TEST(NeighbourSimilarity, IsTheMeanOfThePairs) {
  const Measure measure = measure_of(kNeighbourSimilarity, {0, 0, 60, 60, 150});
  // By hand: 1, 0.5, 1, 0.
  EXPECT_NEAR(*measure.value, 0.625, kNear);
  EXPECT_THAT(measure.detail,
              ElementsAre(Pair("lowest", DoubleNear(0, kNear)), Pair("lowest_at_s", 4)));
  EXPECT_FALSE(measure_of(kNeighbourSimilarity, std::vector<double>{7}).value);
}

TEST(DriftToFirst, IsTheMeanOverAllLaterSamples) {
  const Measure measure = measure_of(kDriftToFirst, {10, 10, 70, 100, 10});
  // By hand: 1, 0.5, 0, 1.
  EXPECT_NEAR(*measure.value, 0.625, kNear);
  EXPECT_THAT(measure.detail,
              ElementsAre(Pair("lowest", DoubleNear(0, kNear)), Pair("lowest_at_s", 3)));
}

TEST(ContentDrift, IsLostBetweenTheHalvesAndNotInAFlash) {
  EXPECT_NEAR(*measure_of(kContentDrift, {0, 0, 0, 60, 60}).value, 0.5, kNear);
  EXPECT_NEAR(*measure_of(kContentDrift, {0, 0, 0, 0, 90, 0, 0}).value, 0, kNear);
  EXPECT_FALSE(measure_of(kContentDrift, {0, 0, 0, 60}).value);
  // The further it goes the more.
  EXPECT_GT(*measure_of(kContentDrift, {0, 10, 20, 30, 40, 50}).value,
            *measure_of(kContentDrift, {0, 5, 10, 15, 20, 25}).value);
}

TEST(SimilarityOverTime, IsTheCurveAndItsFall) {
  const Measure measure = measure_of(kSimilarityOverTime, {0, 60, 120});
  // By hand: 0.5 at 1 s, cos 120° = −0.5 at 2 s: 1 lost in one doubling.
  EXPECT_THAT(measure.curve,
              ElementsAre(Pair(1, DoubleNear(0.5, kNear)), Pair(2, DoubleNear(-0.5, kNear))));
  EXPECT_NEAR(*measure.value, 1, kNear);
  EXPECT_FALSE(measure_of(kSimilarityOverTime, {0, 60}).value);
}

TEST(SimilarityOverTime, TellsADriftFromAFlicker) {
  std::vector<double> drifting;
  std::vector<double> flickering;
  for (int i = 0; i < 17; ++i) {
    drifting.push_back(4 * i);
    flickering.push_back(i % 3 == 0 ? 20 : 0);
  }
  const Measure drift = measure_of(kSimilarityOverTime, drifting);
  const Measure flicker = measure_of(kSimilarityOverTime, flickering);
  EXPECT_GT(*drift.value, 0.1);
  EXPECT_NEAR(*flicker.value, 0, 0.01);
  EXPECT_GT(drift.curve.front().second, flicker.curve.front().second);
  EXPECT_LT(drift.curve.back().second, flicker.curve.back().second);
}

// Only distances between samples count.
TEST(SimilarityOverTime, IsTheSameBackwards) {
  const std::vector<double> forth{0, 10, 40, 45, 80, 85, 90, 130};
  const Measure there = measure_of(kSimilarityOverTime, forth);
  const Measure back = measure_of(kSimilarityOverTime, {forth.rbegin(), forth.rend()});
  EXPECT_NEAR(*there.value, *back.value, kNear);
}

}  // namespace
}  // namespace videogen::coherence
