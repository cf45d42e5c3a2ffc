#include "motion/flow.h"

#include <cmath>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "motion/texture_for_test_internal.h"

namespace videogen::motion {
namespace {

TEST(Flow, FindsATranslation) {
  FlowEstimator estimator;
  const Flow flow = estimator.between(texture(160, 120, 0, 0), texture(160, 120, 3, -2));
  double error = 0;
  int counted = 0;
  for (int y = 20; y < 100; ++y) {
    for (int x = 20; x < 140; ++x, ++counted) {
      error += std::hypot(flow.row(y)[2 * x] - 3, flow.row(y)[2 * x + 1] + 2);
    }
  }
  EXPECT_LT(error / counted, 0.3);
}

TEST(Flow, DependsOnItsTwoPicturesOnly) {
  FlowEstimator fresh;
  FlowEstimator used;
  const Raster8 a = texture(96, 64, 0, 0);
  const Raster8 b = texture(96, 64, 1.5, 0.5);
  (void)used.between(b, texture(96, 64, -4, 2));
  (void)used.between(texture(64, 96, 0, 0), texture(64, 96, 1, 1));
  EXPECT_EQ(used.between(a, b), fresh.between(a, b));
}

TEST(Flow, IsZeroWhereThereIsTooLittleToSearchIn) {
  FlowEstimator estimator;
  for (const auto& [width, height] : {std::pair{1, 1}, {200, 1}, {3, 90}, {15, 15}}) {
    const Flow flow = estimator.between(texture(width, height, 0, 0), texture(width, height, 2, 0));
    EXPECT_EQ(flow.width, width);
    EXPECT_THAT(flow.values, testing::Each(0.0F));
  }
}

}  // namespace
}  // namespace videogen::motion
