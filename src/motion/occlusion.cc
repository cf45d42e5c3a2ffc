#include "motion/occlusion.h"

#include <algorithm>

#include "base/error.h"
#include "motion/warp.h"

namespace videogen::motion {

std::vector<std::uint8_t> consistent(const Flow& forward, const Flow& backward) {
  VIDEOGEN_CHECK(forward.width == backward.width && forward.height == backward.height,
                 "two flows of one size");
  const int width = forward.width;
  const int height = forward.height;
  std::vector<std::uint8_t> mask(std::size_t(width) * std::size_t(height));
  for (int y = 0; y < height; ++y) {
    const float* f = forward.row(y);
    for (int x = 0; x < width; ++x) {
      const float u = f[2 * x];
      const float v = f[2 * x + 1];
      const Vector back = vector_at(backward, float(x) + u, float(y) + v);
      const float sum = (back.x + u) * (back.x + u) + (back.y + v) * (back.y + v);
      const bool occluded =
          sum > 0.01F * (back.x * back.x + back.y * back.y + u * u + v * v) + 0.5F;
      mask[std::size_t(y) * std::size_t(width) + std::size_t(x)] = occluded ? 0 : 1;
    }
  }
  return mask;
}

std::vector<std::uint8_t> trusted(const Flow& forward, const Flow& backward) {
  std::vector<std::uint8_t> mask = consistent(forward, backward);
  const int width = forward.width;
  const int height = forward.height;
  for (int y = 0; y < height; ++y) {
    const float* f = forward.row(y);
    const float* below = forward.row(std::min(y + 1, height - 1));
    for (int x = 0; x < width; ++x) {
      const float u = f[2 * x];
      const float v = f[2 * x + 1];
      const int right = std::min(x + 1, width - 1);
      const float ux = f[2 * right] - u;
      const float vx = f[2 * right + 1] - v;
      const float uy = below[2 * x] - u;
      const float vy = below[2 * x + 1] - v;
      if (ux * ux + uy * uy + vx * vx + vy * vy > 0.01F * (u * u + v * v) + 0.002F)
        mask[std::size_t(y) * std::size_t(width) + std::size_t(x)] = 0;
    }
  }
  return mask;
}

}  // namespace videogen::motion
