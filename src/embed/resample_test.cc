#include "embed/resample_internal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace videogen::embed {
namespace {

media::Image noise(int width, int height, unsigned seed) {
  media::Image picture(width, height);
  std::mt19937 random(seed);
  for (std::uint8_t& value : picture.rgb) value = static_cast<std::uint8_t>(random() >> 24);
  return picture;
}

media::Image whole(const media::Image& picture, int width, int height,
                   const ResamplePasses& passes) {
  return resample(picture, {picture.width, width, 0, width}, {picture.height, height, 0, height},
                  passes);
}

TEST(Resample, GivesTheSameBitsOnEveryPath) {
  std::mt19937 random(7);
  const auto side = [&] { return 1 + static_cast<int>(random() % (1U << (1 + random() % 8))); };
  for (unsigned seed = 0; seed < 200; ++seed) {
    const media::Image picture = noise(side(), side(), seed);
    const int width = side();
    const int height = side();
    ASSERT_EQ(whole(picture, width, height, fastest_passes()),
              whole(picture, width, height, portable_passes()))
        << picture.width << 'x' << picture.height << " to " << width << 'x' << height;
  }
}

TEST(Resample, GivesThePartThatIsKept) {
  const media::Image picture = noise(97, 64, 1);
  const media::Image all = whole(picture, 61, 90, fastest_passes());
  const media::Image part = resample(picture, {97, 61, 10, 33}, {64, 90, 5, 70});
  ASSERT_EQ(part.width, 33);
  ASSERT_EQ(part.height, 70);
  for (int y = 0; y < part.height; ++y) {
    EXPECT_TRUE(std::equal(part.row(y), part.row(y) + 33 * 3, all.row(y + 5) + 10 * 3)) << y;
  }
}

TEST(Resample, LeavesOutAPassWhoseSizeStays) {
  const media::Image picture = noise(20, 15, 2);
  EXPECT_EQ(whole(picture, 20, 15, fastest_passes()), picture);
  const media::Image narrow = whole(picture, 9, 15, fastest_passes());
  const media::Image one_row = resample(picture, {20, 9, 0, 9}, {15, 15, 4, 1});
  EXPECT_TRUE(std::equal(one_row.row(0), one_row.row(0) + 27, narrow.row(4)));
}

TEST(Resample, KeepsAFlatPictureFlat) {
  for (const int level : {0, 1, 127, 254, 255}) {
    media::Image picture(31, 77);
    std::fill(picture.rgb.begin(), picture.rgb.end(), static_cast<std::uint8_t>(level));
    const media::Image result = whole(picture, 100, 13, fastest_passes());
    EXPECT_TRUE(std::all_of(result.rgb.begin(), result.rgb.end(), [&](std::uint8_t value) {
      return value == level;
    })) << level;
  }
}

// By hand: halving takes the cubic at ±1/4, ±3/4, ±5/4, ±7/4 of the support's scale.
TEST(BicubicTaps, HalveWithTheCubicOfPillow) {
  const Taps taps = bicubic_taps({16, 8, 4, 1});
  ASSERT_EQ(taps.first[0], 5);
  ASSERT_EQ(taps.length[0], 8);
  const auto cubic = [](double x) {  // a = -1/2
    return x < 1 ? 1.5 * x * x * x - 2.5 * x * x + 1 : -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2;
  };
  double sum = 0;
  for (const double x : {0.25, 0.75, 1.25, 1.75}) sum += 2 * cubic(x);
  const double expected[] = {1.75, 1.25, 0.75, 0.25, 0.25, 0.75, 1.25, 1.75};
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(taps.weights[i], std::lround(cubic(expected[i]) / sum * (1 << kWeightBits))) << i;
  }
}

TEST(BicubicTaps, CutAtTheEdgesAndStillSumToOne) {
  const Taps taps = bicubic_taps({10, 7, 0, 7});
  EXPECT_EQ(taps.first[0], 0);
  EXPECT_EQ(taps.first[6] + taps.length[6], 10);
  for (std::size_t i = 0; i < 7; ++i) {
    int sum = 0;
    for (int k = 0; k < taps.stride; ++k) sum += taps.weights[i * std::size_t(taps.stride) + k];
    EXPECT_NEAR(sum, 1 << kWeightBits, taps.length[i]) << i;
  }
}

TEST(Resample, RefusesAxesThatAreNotThePictures) {
  const media::Image picture = noise(4, 4, 3);
  EXPECT_THROW((void)resample(picture, {5, 2, 0, 2}, {4, 2, 0, 2}), std::logic_error);
  EXPECT_THROW((void)resample(picture, {4, 2, 1, 2}, {4, 2, 0, 2}), std::logic_error);
}

}  // namespace
}  // namespace videogen::embed
