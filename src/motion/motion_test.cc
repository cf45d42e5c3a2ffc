#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "motion/flow.h"
#include "motion/occlusion.h"
#include "motion/shrink.h"
#include "motion/warp.h"

namespace videogen::motion {
namespace {

// Smooth texture that never repeats within a picture, moved by (dx, dy).
Raster8 texture(int width, int height, double dx, double dy) {
  Raster8 plane(width, height, 1);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double u = x - dx;
      const double v = y - dy;
      const double value = 128 + 40 * std::sin(0.21 * u + 0.05 * v) + 35 * std::sin(0.17 * v) +
                           25 * std::sin(0.11 * u - 0.13 * v + 0.0009 * u * v);
      plane.row(y)[x] = static_cast<std::uint8_t>(std::lround(value));
    }
  }
  return plane;
}

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

TEST(Warp, InterpolatesBetweenPixelsAndRepeatsTheBorder) {
  Raster8 source(3, 2, 1);
  source.values = {0, 100, 200, 40, 60, 80};
  Flow flow(3, 2, 2);
  flow.values = {0.5F, 0, 0, 0.5F, 5, 0, -9, 0, 0.25F, -1, 0, 9};
  // (0.5, 0); (1, 0.5); right of the border; left of it; (1.25, 0); below.
  EXPECT_THAT(warp(source, flow).values,
              testing::ElementsAre(50.0F, 80.0F, 200.0F, 40.0F, 125.0F, 80.0F));
  EXPECT_TRUE(lands_inside(flow, 0, 0));
  EXPECT_FALSE(lands_inside(flow, 2, 0));
  EXPECT_FALSE(lands_inside(flow, 0, 1));
}

TEST(Warp, UndoesATranslation) {
  const Raster8 moved = texture(80, 60, 4, 3);
  Flow flow(80, 60, 2);
  for (std::size_t i = 0; i < flow.values.size(); i += 2) {
    flow.values[i] = 4;
    flow.values[i + 1] = 3;
  }
  const RasterF back = warp(moved, flow);
  const Raster8 still = texture(80, 60, 0, 0);
  for (int y = 0; y < 57; ++y) {
    for (int x = 0; x < 76; ++x) EXPECT_EQ(back.row(y)[x], float(still.row(y)[x]));
  }
}

TEST(Warp, WorksOnPicturesOfOnePixel) {
  Raster8 source(1, 1, 3);
  source.values = {1, 2, 3};
  Flow flow(1, 1, 2);
  flow.values = {0.5F, -0.5F};
  EXPECT_THAT(warp(source, flow).values, testing::ElementsAre(1.0F, 2.0F, 3.0F));
}

TEST(Occlusion, TrustsAFlowThatLeadsBack) {
  Flow forward(8, 8, 2);
  Flow backward(8, 8, 2);
  for (std::size_t i = 0; i < forward.values.size(); i += 2) {
    forward.values[i] = 2;
    backward.values[i] = -2;
  }
  EXPECT_THAT(trusted(forward, backward), testing::Each(1));
  // By hand: |B + F|² = 1 against 0.01 · (1 + 4) + 0.5 = 0.55.
  for (std::size_t i = 0; i < backward.values.size(); i += 2) backward.values[i] = -1;
  EXPECT_THAT(trusted(forward, backward), testing::Each(0));
}

TEST(Occlusion, MasksTheEdgesOfMotion) {
  Flow forward(4, 1, 2);
  forward.values = {0, 0, 0, 0, 0.1F, 0, 0.1F, 0};
  Flow backward(4, 1, 2);
  // By hand, at the second pixel: 0.1² = 0.01 > 0.01 · 0 + 0.002.
  EXPECT_THAT(trusted(forward, backward), testing::ElementsAre(1, 0, 1, 1));
}

TEST(Shrink, AveragesByAreaAndKeepsTheAspect) {
  media::Image picture(8, 4);
  for (std::size_t i = 0; i < picture.rgb.size(); ++i) {
    picture.rgb[i] = static_cast<std::uint8_t>(i / 3 % 2 == 0 ? 10 : 30);
  }
  const media::Image small = shrink(picture, 2);
  EXPECT_EQ(small.width, 4);
  EXPECT_EQ(small.height, 2);
  EXPECT_THAT(small.rgb, testing::Each(20));
  EXPECT_EQ(shrink(picture, 4), picture);
  EXPECT_EQ(shrink(media::Image(1, 500), 180).width, 1);
}

TEST(Shrink, TurnsColoursIntoLumaAndColourDifferences) {
  media::Image picture(4, 1);
  picture.rgb = {255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 0, 255};
  // White, black; red: Y = 0.299 · 255, Cr = 255 clamped; blue: Y = 0.114 · 255, Cb = 255.
  EXPECT_THAT(to_ycc(picture).values,
              testing::ElementsAre(255, 128, 128, 0, 128, 128, 76, 85, 255, 29, 255, 107));
  EXPECT_THAT(channel(to_ycc(picture), 1).values, testing::ElementsAre(128, 128, 85, 255));
}

}  // namespace
}  // namespace videogen::motion
