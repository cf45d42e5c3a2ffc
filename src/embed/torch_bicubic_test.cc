#include "embed/torch_bicubic.h"

#include <cstdint>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::embed {
namespace {

using ::testing::FloatNear;
using ::testing::Pointwise;

media::Image row(std::vector<std::uint8_t> levels) {
  media::Image image(int(levels.size()), 1);
  for (std::size_t x = 0; x < levels.size(); ++x)
    for (std::size_t c = 0; c < 3; ++c) image.rgb[3 * x + c] = levels[x];
  return image;
}

std::vector<float> resized(const media::Image& image, int width, int height) {
  std::vector<float> out(3 * std::size_t(width) * std::size_t(height));
  resize_like_torch(image, width, height, out);
  out.resize(out.size() / 3);  // the planes are alike
  return out;
}

TEST(TorchBicubic, LeavesAPictureOfThatSizeAlone) {
  EXPECT_THAT(resized(row({3, 200, 7, 90}), 4, 1),
              Pointwise(FloatNear(1e-5F), std::vector<float>{3, 200, 7, 90}));
}

TEST(TorchBicubic, HalvesByFourPixelsAndOvershoots) {
  // By hand: places 0.5 and 2.5 lie half way, where a = −0.75 weighs −0.09375, 0.59375,
  // 0.59375, −0.09375; beyond the border the last pixel is repeated.
  const std::vector<float> expected{-0.09375F * 0 + 0.59375F * 0 + 0.59375F * 255 - 0.09375F * 255,
                                    -0.09375F * 255 + 0.59375F * 255 + 0.59375F * 0 - 0.09375F * 0};
  EXPECT_THAT(resized(row({0, 255, 255, 0}), 2, 1), Pointwise(FloatNear(1e-4F), expected));
  // Neither clamped nor rounded.
  EXPECT_GT(resized(row({0, 0, 255, 255, 0, 0}), 3, 1)[1], 2 * 0.59375F * 255 - 0.1F);
}

// What torch 1.13.1 (Debian) gives for this picture, to three decimals:
//   interpolate(x, size=(3, 5), mode="bicubic", align_corners=False), x[y, x] = (37 x + 91 y +
//   x y y) % 256 with 7 columns and 4 rows.
TEST(TorchBicubic, GivesTheNumbersOfTorch) {
  media::Image image(7, 4);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 7; ++x)
      for (int c = 0; c < 3; ++c)
        image.row(y)[3 * x + c] = std::uint8_t((37 * x + 91 * y + x * y * y) % 256);
  const std::vector<float> expected{17.012F,  72.656F,  127.199F, 164.038F, 190.662F,  //
                                    170.095F, 129.137F, 125.875F, 120.885F, 101.431F,  //
                                    50.140F,  88.502F,  137.079F, 219.146F, 90.073F};
  EXPECT_THAT(resized(image, 5, 3), Pointwise(FloatNear(2e-3F), expected));
}

TEST(VbenchPixels, CropsTheCentreAndNormalises) {
  media::Image image(8, 4);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 8; ++x)
      for (int c = 0; c < 3; ++c) image.row(y)[3 * x + c] = std::uint8_t(20 * x);
  std::vector<float> out(3 * 16);
  vbench_pixels(image, 4, out);
  // By hand: columns 2 to 5, the first of them 40.
  EXPECT_NEAR(out[0], (40 / 255.0 - 0.48145466) / 0.26862954, 1e-5);
  EXPECT_NEAR(out[3], (100 / 255.0 - 0.48145466) / 0.26862954, 1e-5);
  EXPECT_NEAR(out[16], (40 / 255.0 - 0.4578275) / 0.26130258, 1e-5);
}

TEST(VbenchPixels, RoundsAHalfMarginToEven) {
  // 5 columns left of 4, margin 1: round(0.5) = 0. 7 columns, margin 3: round(1.5) = 2.
  for (const auto& [width, first] : {std::pair{5, 0}, {7, 2}}) {
    media::Image image(width, 4);
    for (int y = 0; y < 4; ++y)
      for (int x = 0; x < width; ++x)
        for (int c = 0; c < 3; ++c) image.row(y)[3 * x + c] = std::uint8_t(20 * x);
    std::vector<float> out(3 * 16);
    vbench_pixels(image, 4, out);
    EXPECT_NEAR(out[0], (20 * first / 255.0 - 0.48145466) / 0.26862954, 1e-5) << width;
  }
}

}  // namespace
}  // namespace videogen::embed
