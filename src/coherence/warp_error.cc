#include "coherence/warp_error.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/simd.h"
#include "motion/occlusion.h"
#include "motion/shrink.h"
#include "motion/warp.h"

namespace videogen::coherence {
namespace {

// Sums of the channels' squared differences where the mask is 1, levels.
VIDEOGEN_SIMD void square_row(const std::int32_t* seen, const float* first, const float* second,
                              const float* third, const std::uint8_t* mask, int width, float* out) {
  for (int x = 0; x < width; ++x) {
    const float a = first[x] - float(seen[x] & 255);
    const float b = second[x] - float((seen[x] >> 8) & 255);
    const float c = third[x] - float((seen[x] >> 16) & 255);
    out[x] = float(mask[x]) * (a * a + b * b + c * c);
  }
}

}  // namespace

float warp_error(const media::Image& first, const media::Image& second, const motion::Flow& forward,
                 const motion::Flow& backward) {
  const motion::Planes3 warped = motion::warp(motion::pack(second), forward);
  const motion::Packed seen = motion::pack(first);
  const auto mask = motion::trusted(forward, backward);
  std::vector<float> squares(std::size_t(first.width));
  double sum = 0;
  for (int y = 0; y < first.height; ++y) {
    square_row(seen.row(y), warped.row(0, y), warped.row(1, y), warped.row(2, y),
               mask.data() + std::size_t(y) * squares.size(), first.width, squares.data());
    for (const float square : squares) sum += double(square);
  }
  const auto counted = std::ranges::count(mask, 1);
  return counted == 0 ? 0 : float(sum / (3.0 * 255 * 255 * double(counted)));
}

}  // namespace videogen::coherence
