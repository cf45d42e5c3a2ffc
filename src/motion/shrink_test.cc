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
              testing::ElementsAre(packed(255, 128, 128), packed(0, 128, 128), packed(76, 85, 255),
                                   packed(29, 255, 107)));
  EXPECT_THAT(to_luma(picture).values, testing::ElementsAre(255, 0, 76, 29));
  EXPECT_THAT(pack(picture).values,
              testing::ElementsAre(packed(255, 255, 255), 0, packed(255, 0, 0), packed(0, 0, 255)));
  EXPECT_EQ(level(packed(1, 2, 3), 2), 3);
}

}  // namespace
}  // namespace videogen::motion
