#include "embed/area_luma_internal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace videogen::embed {
namespace {

media::Image noise(int width, int height) {
  media::Image picture(width, height);
  std::mt19937 random(static_cast<unsigned>(width * 1000 + height));
  for (std::uint8_t& value : picture.rgb) value = static_cast<std::uint8_t>(random() >> 24);
  return picture;
}

// How much of source pixel `pixel` output pixel `i` covers, in source pixels.
double covered(int i, int out, int in, int pixel) {
  const double begin = double(i) * in / out;
  const double end = double(i + 1) * in / out;
  return std::max(0.0, std::min(end, pixel + 1.0) - std::max(begin, double(pixel)));
}

std::vector<double> plain(const media::Image& picture, int side) {
  std::vector<double> result;
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      double sum = 0;
      double area = 0;
      for (int v = 0; v < picture.height; ++v) {
        for (int u = 0; u < picture.width; ++u) {
          const double part =
              covered(x, side, picture.width, u) * covered(y, side, picture.height, v);
          const std::uint8_t* pixel = picture.row(v) + std::size_t(u) * 3;
          sum += part * (pixel[0] + pixel[1] + pixel[2]) / 3.0;
          area += part;
        }
      }
      result.push_back(std::log(1 + sum / area));
    }
  }
  return result;
}

TEST(AreaLogLuma, WeighsPartlyCoveredPixels) {
  // 3 columns to 2: the middle one belongs half to either.
  media::Image picture(3, 2);
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 3; ++x) {
      std::fill_n(picture.row(y) + std::ptrdiff_t(x) * 3, 3,
                  static_cast<std::uint8_t>(30 * (x + 1)));
    }
  }
  std::vector<float> out(4);
  area_log_luma(picture, 2, out);
  EXPECT_NEAR(out[0], std::log(1 + (30 + 60 / 2.0) / 1.5), 1e-6);
  EXPECT_NEAR(out[1], std::log(1 + (90 + 60 / 2.0) / 1.5), 1e-6);
}

TEST(AreaLogLuma, EqualsThePlainSumAtAnySize) {
  for (const auto& [width, height] : {std::pair{16, 16}, {1, 1}, {5, 40}, {37, 23}, {200, 3}}) {
    const media::Image picture = noise(width, height);
    const std::vector<double> expected = plain(picture, 16);
    std::vector<float> out(256);
    area_log_luma(picture, 16, out);
    for (std::size_t i = 0; i < 256; ++i) {
      ASSERT_NEAR(out[i], expected[i], 2e-6) << width << 'x' << height << " at " << i;
    }
  }
}

TEST(AreaLogLuma, TakesTheLogarithmOfEveryLevel) {
  for (int level = 0; level < 256; ++level) {
    media::Image picture(1, 1);
    std::fill(picture.rgb.begin(), picture.rgb.end(), static_cast<std::uint8_t>(level));
    float out = -1;
    area_log_luma(picture, 1, {&out, 1});
    EXPECT_NEAR(out, std::log(1.0 + level), 6e-7) << level;
  }
}

TEST(AreaLogLuma, AddsUpMoreRowsThanSixteenBitsHold) {
  media::Image white(2, 1500);
  std::fill(white.rgb.begin(), white.rgb.end(), std::uint8_t{255});
  std::vector<float> out(4);
  area_log_luma(white, 2, out);
  for (const float value : out) EXPECT_NEAR(value, std::log(256.0), 1e-6);
}

}  // namespace
}  // namespace videogen::embed
