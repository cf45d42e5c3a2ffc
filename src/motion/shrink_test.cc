#include "motion/shrink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
