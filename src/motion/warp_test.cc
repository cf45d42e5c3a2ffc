#include "motion/warp.h"

#include <algorithm>
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "motion/texture_for_test_internal.h"

namespace videogen::motion {
namespace {

TEST(Warp, InterpolatesBetweenPixelsAndRepeatsTheBorder) {
  Packed source(3, 2, 1);
  source.values = {packed(0, 9, 0),  packed(100, 9, 1), packed(200, 9, 2),
                   packed(40, 9, 3), packed(60, 9, 4),  packed(80, 9, 5)};
  Flow flow(3, 2, 2);
  flow.values = {0.5F, 0, 0, 0.5F, 5, 0, -9, 0, 0.25F, -1, 0, 9};
  // (0.5, 0); (1, 0.5); right of the border; left of it; (1.25, 0); below.
  const Planes3 warped = warp(source, flow);
  EXPECT_THAT(warped.planes[0], testing::ElementsAre(50.0F, 80.0F, 200.0F, 40.0F, 125.0F, 80.0F));
  EXPECT_THAT(warped.planes[1], testing::Each(9.0F));
  EXPECT_THAT(warped.planes[2], testing::ElementsAre(0.5F, 2.5F, 2.0F, 3.0F, 1.25F, 5.0F));
  EXPECT_TRUE(lands_inside(flow, 0, 0));
  EXPECT_FALSE(lands_inside(flow, 2, 0));
  EXPECT_FALSE(lands_inside(flow, 0, 1));
}

TEST(Warp, UndoesATranslation) {
  const Raster8 texels = texture(80, 60, 4, 3);
  Packed moved(80, 60, 1);
  std::ranges::copy(texels.values, moved.values.begin());
  Flow flow(80, 60, 2);
  for (std::size_t i = 0; i < flow.values.size(); i += 2) {
    flow.values[i] = 4;
    flow.values[i + 1] = 3;
  }
  const Planes3 back = warp(moved, flow);
  const Raster8 still = texture(80, 60, 0, 0);
  for (int y = 0; y < 57; ++y) {
    for (int x = 0; x < 76; ++x) EXPECT_EQ(back.row(0, y)[x], float(still.row(y)[x]));
  }
}

TEST(Warp, WorksOnPicturesOfOnePixel) {
  Packed source(1, 1, 1);
  source.values = {packed(1, 2, 3)};
  Flow flow(1, 1, 2);
  flow.values = {0.5F, -0.5F};
  const Planes3 warped = warp(source, flow);
  EXPECT_THAT(warped.planes[0], testing::ElementsAre(1.0F));
  EXPECT_THAT(warped.planes[1], testing::ElementsAre(2.0F));
  EXPECT_THAT(warped.planes[2], testing::ElementsAre(3.0F));
}

TEST(Warp, FollowsAChainOfSteps) {
  Flow step(40, 30, 2);
  for (std::size_t i = 0; i < step.values.size(); i += 2) {
    step.values[i] = 1.5F;
    step.values[i + 1] = -0.5F;
  }
  const std::array<const Flow*, 3> steps{&step, &step, &step};
  const Flow whole = chained(steps);
  for (std::size_t i = 0; i < whole.values.size(); i += 2) {
    EXPECT_FLOAT_EQ(whole.values[i], 4.5F);
    EXPECT_FLOAT_EQ(whole.values[i + 1], -1.5F);
  }
}

TEST(Warp, TakesEachStepOfAChainWhereTheLastOneLed) {
  // The right half moves by 4; from the left half a first step of 20 leads into it.
  Flow first(40, 4, 2);
  Flow second(40, 4, 2);
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 40; ++x) {
      first.row(y)[2 * x] = x < 20 ? 20 : 0;
      second.row(y)[2 * x] = x < 20 ? 0 : 4;
    }
  }
  const std::array<const Flow*, 2> steps{&first, &second};
  EXPECT_FLOAT_EQ(chained(steps).row(2)[2 * 8], 24);
  EXPECT_FLOAT_EQ(chained(steps).row(2)[2 * 30], 4);
}

}  // namespace
}  // namespace videogen::motion
