#include "motion/shrink.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "base/simd.h"

namespace videogen::motion {
namespace {

VIDEOGEN_SIMD void pack_pixels(const std::uint8_t* rgb, std::size_t count, std::int32_t* out) {
  for (std::size_t i = 0; i < count; ++i)
    out[i] = rgb[3 * i] | rgb[3 * i + 1] << 8 | rgb[3 * i + 2] << 16;
}

// BT.601 in 1/65536; each row of weights sums to 65536 or to 0.
int luma_of(int r, int g, int b) { return (19595 * r + 38470 * g + 7471 * b + 32768) >> 16; }

VIDEOGEN_SIMD void convert(const std::uint8_t* rgb, std::size_t count, std::int32_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const int r = rgb[3 * i];
    const int g = rgb[3 * i + 1];
    const int b = rgb[3 * i + 2];
    const int cb = (-11059 * r - 21709 * g + 32768 * b + (128 << 16) + 32768) >> 16;
    const int cr = (32768 * r - 27439 * g - 5329 * b + (128 << 16) + 32768) >> 16;
    out[i] = luma_of(r, g, b) | std::min(cb, 255) << 8 | std::min(cr, 255) << 16;
  }
}

VIDEOGEN_SIMD void convert_luma(const std::uint8_t* rgb, std::size_t count, std::uint8_t* out) {
  for (std::size_t i = 0; i < count; ++i)
    out[i] = static_cast<std::uint8_t>(luma_of(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]));
}

}  // namespace

media::Image shrink(const media::Image& picture, int side) {
  const int shorter = std::min(picture.width, picture.height);
  if (shorter <= side) return picture;
  const double factor = double(side) / shorter;
  const auto length = [&](int from) { return std::max(1, int(std::lround(from * factor))); };
  media::Image small(length(picture.width), length(picture.height));
  const cv::Mat from(picture.height, picture.width, CV_8UC3,
                     const_cast<std::uint8_t*>(picture.rgb.data()));
  cv::Mat to(small.height, small.width, CV_8UC3, small.rgb.data());
  cv::resize(from, to, to.size(), 0, 0, cv::INTER_AREA);
  return small;
}

Packed pack(const media::Image& picture) {
  Packed pixels(picture.width, picture.height, 1);
  pack_pixels(picture.rgb.data(), pixels.values.size(), pixels.values.data());
  return pixels;
}

Packed to_ycc(const media::Image& picture) {
  Packed ycc(picture.width, picture.height, 1);
  convert(picture.rgb.data(), ycc.values.size(), ycc.values.data());
  return ycc;
}

Raster8 to_luma(const media::Image& picture) {
  Raster8 luma(picture.width, picture.height, 1);
  convert_luma(picture.rgb.data(), luma.values.size(), luma.values.data());
  return luma;
}

}  // namespace videogen::motion
