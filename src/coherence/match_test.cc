#include "coherence/match.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coherence/warp_error.h"

namespace videogen::coherence {
namespace {

// 40 × 30, so 4 × 3 blocks; a gradient of luma, grey.
Look ramp(int offset = 0, double gain = 1) {
  media::Image image(40, 30);
  for (int y = 0; y < 30; ++y) {
    for (int x = 0; x < 40; ++x) {
      const auto level = std::clamp(std::lround(gain * (40 + 3 * x + y)) + offset, 0L, 255L);
      for (int c = 0; c < 3; ++c) image.row(y)[3 * x + c] = static_cast<std::uint8_t>(level);
    }
  }
  return look_at(image, 0, 0);
}

motion::Flow uniform(float dx, float dy) {
  motion::Flow flow(40, 30, 2);
  for (std::size_t i = 0; i < flow.values.size(); i += 2) {
    flow.values[i] = dx;
    flow.values[i + 1] = dy;
  }
  return flow;
}

TEST(Match, FindsNothingBetweenEqualFrames) {
  const Match m = match(ramp(), ramp(), uniform(0, 0));
  EXPECT_EQ(m.residual, 0);
  EXPECT_EQ(m.raw_residual, 0);
  EXPECT_EQ(m.difference, 0);
  EXPECT_FLOAT_EQ(m.correlation, 1);
  EXPECT_FLOAT_EQ(m.gain, 1);
  EXPECT_FLOAT_EQ(m.valid, 1);
  EXPECT_EQ(m.block_residual, std::vector<float>(12, 0));
}

TEST(Match, SeesADifferenceThatMotionExplains) {
  // Every level of the ramp moved left by two: a still viewer sees 6 levels.
  const Match m = match(ramp(6), ramp(), uniform(2, 0));
  EXPECT_FLOAT_EQ(m.difference, 6);
  EXPECT_NEAR(m.raw_residual, 0, 1e-5);
  EXPECT_FLOAT_EQ(m.motion, 2);
  EXPECT_FLOAT_EQ(m.valid, 38.0F / 40);  // two columns come from outside
}

TEST(Match, FitsGainAndOffset) {
  const Match brighter = match(ramp(10), ramp(), uniform(0, 0));
  EXPECT_FLOAT_EQ(brighter.raw_residual, 10);
  EXPECT_NEAR(brighter.residual, 0, 0.01);
  const Match stronger = match(ramp(-20, 1.2), ramp(), uniform(0, 0));
  EXPECT_NEAR(stronger.gain, 1.2, 0.01);
  EXPECT_NEAR(stronger.offset, -20, 1);
  EXPECT_NEAR(stronger.residual, 0, 0.3);  // rounding to whole levels
}

TEST(Match, LeavesAForeignBlockToTheResidualAndOutOfTheFit) {
  const Look before = ramp();
  Look after = ramp(10);
  for (int y = 0; y < 10; ++y) {
    for (int x = 10; x < 20; ++x) after.ycc.row(y)[x] = motion::packed(250, 128, 128);
  }
  const Match m = match(after, before, uniform(0, 0));
  EXPECT_NEAR(m.offset + 100 * m.gain, 110, 3);  // not dragged along
  const auto worst = std::ranges::max_element(m.block_residual);
  EXPECT_EQ(worst - m.block_residual.begin(), 1);
  EXPECT_GT(*worst, 100);
  // By hand: ln((frame + 8) / (prediction + 8)) of the median block, about 10 of 115.
  EXPECT_NEAR(m.luma_shift, std::log((104.5 + 10 + 8) / (104.5 + 8)), 0.02);
}

TEST(Match, KnowsUnlikeFromLike) {
  Look noise = ramp();
  unsigned state = 1;
  for (auto& value : noise.ycc.values)
    value = std::int32_t((state = state * 1664525U + 1013904223U) >> 8);
  EXPECT_LT(match(noise, ramp(), uniform(0, 0)).correlation, 0.2);
}

TEST(Match, StandsPicturesOfOnePixel) {
  const Look dot = look_at(media::Image(1, 1), 0, 0);
  const Match m = match(dot, dot, motion::Flow(1, 1, 2));
  EXPECT_EQ(m.residual, 0);
  EXPECT_EQ(m.block_residual.size(), 1U);
}

TEST(WarpError, IsTheMeanSquareOverTrustedPixels) {
  media::Image first(20, 20);
  media::Image second(20, 20);
  std::ranges::fill(first.rgb, std::uint8_t{100});
  std::ranges::fill(second.rgb, std::uint8_t{151});
  motion::Flow zero(20, 20, 2);
  EXPECT_FLOAT_EQ(warp_error(first, second, zero, zero), 0.04F);  // (51 / 255)²
  EXPECT_EQ(warp_error(first, first, zero, zero), 0);
  motion::Flow away(20, 20, 2);
  std::ranges::fill(away.values, 3.0F);  // leads nowhere back: all masked
  EXPECT_EQ(warp_error(first, second, away, away), 0);
}

}  // namespace
}  // namespace videogen::coherence
