#include "coherence/motion_picture.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::coherence {
namespace {

// Smooth texture that never repeats within a picture, moved by (dx, dy).
media::Image texture(int width, int height, double dx, double dy) {
  media::Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double u = x - dx;
      const double v = y - dy;
      const double value = 128 + 40 * std::sin(0.21 * u + 0.05 * v) + 35 * std::sin(0.17 * v) +
                           25 * std::sin(0.11 * u - 0.13 * v + 0.0009 * u * v);
      std::fill_n(image.row(y) + std::ptrdiff_t{x} * 3, 3,
                  static_cast<std::uint8_t>(std::lround(value)));
    }
  }
  return image;
}

const std::uint8_t* middle(const media::Image& image) {
  return image.row(image.height / 2) + std::ptrdiff_t{image.width / 2} * 3;
}

TEST(MotionPicture, ShowsWhereThingsGo) {
  motion::FlowEstimator estimator;
  // Four pixels to the right: red, which is the full colour, for all move alike.
  const auto right = draw_motion(texture(160, 120, 0, 0), texture(160, 120, 4, 0), estimator);
  ASSERT_TRUE(right);
  EXPECT_NEAR(right->full * 160, 4, 0.5);
  EXPECT_GT(middle(right->picture)[0], 180);
  EXPECT_LT(middle(right->picture)[2], 60);
  const auto left = draw_motion(texture(160, 120, 0, 0), texture(160, 120, -4, 0), estimator);
  ASSERT_TRUE(left);
  EXPECT_LT(middle(left->picture)[0], 60);
  EXPECT_GT(middle(left->picture)[2], 180);
}

TEST(MotionPicture, IsWhiteWhereNothingMoves) {
  motion::FlowEstimator estimator;
  const media::Image still = texture(64, 48, 0, 0);
  const auto drawn = draw_motion(still, still, estimator);
  ASSERT_TRUE(drawn);
  EXPECT_DOUBLE_EQ(drawn->full, 1.0 / 64);
  EXPECT_GE(*std::ranges::min_element(drawn->picture.rgb), 250);
}

TEST(MotionPicture, IsNoneWhereThereIsTooLittleToSearchIn) {
  motion::FlowEstimator estimator;
  EXPECT_FALSE(draw_motion(texture(200, 15, 0, 0), texture(200, 15, 1, 0), estimator));
}

}  // namespace
}  // namespace videogen::coherence
