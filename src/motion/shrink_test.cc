#include "motion/shrink.h"

#include <algorithm>
#include <random>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

namespace videogen::motion {
namespace {

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

TEST(Shrink, AveragesWholeBlocksAsOpenCvDoes) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> level(0, 255);
  for (int block = 2; block <= 17; ++block) {
    for (const auto& [width, height] : {std::pair{31, 7}, std::pair{5, 40}}) {
      media::Image picture(width * block, height * block);
      for (auto& value : picture.rgb) value = static_cast<std::uint8_t>(level(random));
      // The sums of some rows are largest, and the means of others lie half-way.
      std::fill_n(picture.rgb.begin(), picture.rgb.size() / 3, std::uint8_t{255});
      cv::Mat expected;
      cv::resize(cv::Mat(picture.height, picture.width, CV_8UC3, picture.rgb.data()), expected,
                 cv::Size(width, height), 0, 0, cv::INTER_AREA);
      const media::Image small = shrink(picture, std::min(width, height));
      ASSERT_EQ(small.rgb.size(), expected.total() * 3);
      EXPECT_TRUE(std::equal(small.rgb.begin(), small.rgb.end(), expected.data)) << block;
    }
  }
}

TEST(Shrink, TurnsColoursIntoLumaAndColourDifferences) {
  media::Image picture(4, 1);
  picture.rgb = {255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 0, 255};
  // White, black; red: Y = 0.299 · 255, Cr = 255 clamped; blue: Y = 0.114 · 255, Cb = 255.
  EXPECT_THAT(to_ycc(picture).values,
              testing::ElementsAre(packed(255, 128, 128), packed(0, 128, 128), packed(76, 85, 255),
                                   packed(29, 255, 107)));
  EXPECT_THAT(to_luma(picture).values, testing::ElementsAre(255, 0, 76, 29));
  EXPECT_THAT(pack(picture).values,
              testing::ElementsAre(packed(255, 255, 255), 0, packed(255, 0, 0), packed(0, 0, 255)));
  EXPECT_EQ(level(packed(1, 2, 3), 2), 3);
}

}  // namespace
}  // namespace videogen::motion
