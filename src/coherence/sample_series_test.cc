#include "coherence/sample_series.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::coherence {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;
using ::testing::SizeIs;

// A unit vector at an angle in degrees: the cosine of two is that of their difference.
std::vector<float> at(double degrees) {
  const double radians = degrees * std::acos(-1.0) / 180;
  return {float(std::cos(radians)), float(std::sin(radians))};
}

MATCHER_P(Is, expected, "") { return arg && std::fabs(*arg - expected) < 1e-6; }

TEST(SampleWatch, ComparesWithTheOneBeforeAndTheFirst) {
  SampleWatch watch;
  EXPECT_FALSE(watch.last_similarity());
  for (const double degrees : {0, 60, 90}) watch.add(degrees, at(degrees));
  EXPECT_THAT(watch.last_similarity(), Is(std::sqrt(0.75)));
  const SampleSeries series = watch.finish();
  EXPECT_THAT(series.times_s, ElementsAre(0, 60, 90));
  EXPECT_THAT(series.to_previous, ElementsAre(Is(0.5), Is(std::sqrt(0.75))));
  EXPECT_THAT(series.to_first, ElementsAre(std::nullopt, Is(0.5), Is(0.0)));
}

TEST(SampleWatch, TakesTheFirstThatHasADescriptor) {
  SampleWatch watch;
  const std::vector<float> none{0, 0};
  watch.add(0, none);
  watch.add(1, at(10));
  watch.add(2, at(70));
  watch.add(3, none);
  const SampleSeries series = watch.finish();
  EXPECT_THAT(series.to_previous, ElementsAre(std::nullopt, Is(0.5), std::nullopt));
  EXPECT_THAT(series.to_first, ElementsAre(std::nullopt, std::nullopt, Is(0.5), std::nullopt));
}

TEST(SampleWatch, GivesTheMeanOfEachLag) {
  SampleWatch watch;
  // Half a second apart: 0, 30, 0, 30, 60 degrees.
  double time = 0;
  for (const double degrees : {0, 30, 0, 30, 60}) {
    watch.add(time, at(degrees));
    time += 0.5;
  }
  const SampleSeries series = watch.finish();
  const double c30 = std::cos(std::acos(-1.0) / 6);
  ASSERT_THAT(series.lags, SizeIs(3));
  // By hand. Lag 1: four pairs of 30 degrees. Lag 2: 0, 0 and 60 degrees. Lag 4: 60 degrees.
  EXPECT_EQ(series.lags[0].pairs, 4);
  EXPECT_NEAR(series.lags[0].cosine, c30, 1e-6);
  EXPECT_NEAR(series.lags[0].seconds, 0.5, 1e-12);
  EXPECT_EQ(series.lags[1].pairs, 3);
  EXPECT_NEAR(series.lags[1].cosine, (1 + 1 + 0.5) / 3, 1e-6);
  EXPECT_EQ(series.lags[2].samples, 4);
  EXPECT_NEAR(series.lags[2].cosine, 0.5, 1e-6);
  EXPECT_NEAR(series.lags[2].seconds, 2, 1e-12);
}

TEST(SampleWatch, CountsLongLagsAtTheirMultiples) {
  SampleWatch watch;
  const std::size_t samples = 5 * SampleWatch::kKept;
  // One turn in as many samples as lie in the longest lag that all pairs count for.
  for (std::size_t i = 0; i < samples; ++i)
    watch.add(double(i), at(360.0 * double(i) / SampleWatch::kKept));
  const SampleSeries series = watch.finish();
  ASSERT_THAT(series.lags, SizeIs(13));  // 1 to 4096
  EXPECT_EQ(series.lags[9].samples, 512);
  EXPECT_EQ(series.lags[9].pairs, std::int64_t(samples) - 512);
  EXPECT_NEAR(series.lags[9].cosine, -1, 1e-5);
  EXPECT_NEAR(series.lags[10].cosine, 1, 1e-5);
  EXPECT_EQ(series.lags[10].pairs, std::int64_t(samples) - 1024);
  EXPECT_EQ(series.lags[11].pairs, 2);  // 0 and 2048, 2048 and 4096
  EXPECT_NEAR(series.lags[11].seconds, 2048, 1e-9);
  EXPECT_NEAR(series.lags[11].cosine, 1, 1e-5);
  EXPECT_EQ(series.lags[12].pairs, 1);
  EXPECT_NEAR(series.lags[12].seconds, 4096, 1e-9);
}

TEST(SampleWatch, BeginsAnewForTheNextClip) {
  SampleWatch watch;
  for (const double degrees : {0, 60}) watch.add(degrees, at(degrees));
  (void)watch.finish();
  watch.add(5, at(90));
  const SampleSeries series = watch.finish();
  EXPECT_THAT(series.times_s, ElementsAre(5));
  EXPECT_THAT(series.to_previous, SizeIs(0));
  EXPECT_THAT(series.lags, SizeIs(0));
}

}  // namespace
}  // namespace videogen::coherence
