#include "coherence/rows.h"

#include <cmath>
#include <cstdint>

#include "base/simd.h"

namespace videogen::coherence {
namespace {

VIDEOGEN_SIMD void unpack(const std::int32_t* pixels, int count, float* first, float* second,
                          float* third) {
  for (int x = 0; x < count; ++x) {
    first[x] = float(pixels[x] & 255);
    second[x] = float((pixels[x] >> 8) & 255);
    third[x] = float((pixels[x] >> 16) & 255);
  }
}

}  // namespace

PixelRow::PixelRow(int width) {
  for (auto& channel : channels_) channel.resize(std::size_t(width));
}

void PixelRow::read(const motion::Packed& picture, int y) {
  unpack(picture.row(y), picture.width, channels_[0].data(), channels_[1].data(),
         channels_[2].data());
}

VIDEOGEN_SIMD void mark_inside(const float* flow, int y, int width, int height, float* mask) {
  const auto right = float(width - 1);
  const auto bottom = float(height - 1);
  for (int x = 0; x < width; ++x) {
    const float u = float(x) + flow[2 * x];
    const float v = float(y) + flow[2 * x + 1];
    // No short cuts: they would be branches.
    const bool inside = (u >= 0) & (v >= 0) & (u <= right) & (v <= bottom);
    mask[x] = inside ? 1.0F : 0.0F;
  }
}

VIDEOGEN_SIMD void add_row(const float* mask, const float* a, int count, float* sums) {
  for (int x = 0; x < count; ++x) sums[x] += mask[x] * a[x];
}

VIDEOGEN_SIMD void add_products(const float* mask, const float* a, const float* b, int count,
                                float* sums) {
  for (int x = 0; x < count; ++x) sums[x] += mask[x] * a[x] * b[x];
}

VIDEOGEN_SIMD void add_differences(const float* mask, const float* a, const float* b, int count,
                                   float* sums) {
  for (int x = 0; x < count; ++x) sums[x] += mask[x] * (a[x] - b[x]);
}

VIDEOGEN_SIMD void add_distances(const float* mask, const float* a, const float* b, int count,
                                 float* sums, float factor, Fit fit) {
  const auto [gain, offset] = fit;
  for (int x = 0; x < count; ++x)
    sums[x] += factor * mask[x] * std::fabs(a[x] - gain * b[x] - offset);
}

}  // namespace videogen::coherence
