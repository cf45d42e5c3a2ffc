#include "motion/shrink.h"

#include <algorithm>
#include <cmath>
#include <vector>

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

// Sums of `rows` rows of `count` bytes, one under the other.
VIDEOGEN_SIMD void sum_rows(const std::uint8_t* from, std::size_t stride, int rows,
                            std::size_t count, std::uint16_t* sums) {
  for (std::size_t i = 0; i < count; ++i) sums[i] = from[i];
  for (int row = 1; row < rows; ++row) {
    const std::uint8_t* next = from + std::size_t(row) * stride;
    for (std::size_t i = 0; i < count; ++i) sums[i] = static_cast<std::uint16_t>(sums[i] + next[i]);
  }
}

// Of `pixels` blocks side by side, the mean of each channel, rounded to even as OpenCV does it.
// `sums` are of columns, side·pixels of them; `whole` has room for as many.
VIDEOGEN_SIMD void average(const std::uint16_t* sums, int side, std::size_t pixels,
                           std::uint16_t* whole, std::uint8_t* out) {
  // At each place the sum of the block that would begin there: dearer by count, cheaper by far
  // than adding within registers.
  const std::size_t last = 3 * (pixels * std::size_t(side) - std::size_t(side) + 1);
  for (std::size_t i = 0; i < last; ++i) whole[i] = sums[i];
  for (int column = 1; column < side; ++column) {
    const std::uint16_t* next = sums + 3 * std::size_t(column);
    for (std::size_t i = 0; i < last; ++i)
      whole[i] = static_cast<std::uint16_t>(whole[i] + next[i]);
  }
  const float share = 1.0F / float(side * side);
  for (std::size_t x = 0; x < pixels; ++x) {
    const std::uint16_t* block = whole + 3 * std::size_t(side) * x;
    for (std::size_t c = 0; c < 3; ++c)
      out[3 * x + c] = static_cast<std::uint8_t>(__builtin_rintf(float(block[c]) * share));
  }
}

// Blocks of side × side pixels to one, sums of which fit 16 bits up to kLargestBlock. OpenCV does
// the same, to the bit, but with vectors for 2 × 2 only.
constexpr int kLargestBlock = 16;

void average_blocks(const media::Image& picture, int side, media::Image& small) {
  const std::size_t stride = 3 * std::size_t(picture.width);
  std::vector<std::uint16_t> sums(stride);
  std::vector<std::uint16_t> whole(stride);
  for (int y = 0; y < small.height; ++y) {
    sum_rows(picture.row(y * side), stride, side, stride, sums.data());
    average(sums.data(), side, std::size_t(small.width), whole.data(), small.row(y));
  }
}

}  // namespace

media::Image shrink(const media::Image& picture, int side) {
  const int shorter = std::min(picture.width, picture.height);
  if (shorter <= side) return picture;
  const double factor = double(side) / shorter;
  const auto length = [&](int from) { return std::max(1, int(std::lround(from * factor))); };
  media::Image small(length(picture.width), length(picture.height));
  const int block = picture.width / small.width;
  if (block > 2 && block <= kLargestBlock && picture.width == block * small.width &&
      picture.height == block * small.height) {
    average_blocks(picture, block, small);
    return small;
  }
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
