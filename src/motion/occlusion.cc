#include "motion/occlusion.h"

#include <algorithm>

#include "base/error.h"

namespace videogen::motion {
namespace {

struct Vector {
  float x, y;
};

// Bilinear, the nearest vector beyond the border.
Vector sampled(const Flow& flow, float u, float v) {
  u = std::clamp(u, 0.0F, float(flow.width - 1));
  v = std::clamp(v, 0.0F, float(flow.height - 1));
  const int i = std::max(0, std::min(int(u), flow.width - 2));
  const int j = std::max(0, std::min(int(v), flow.height - 2));
  const int next = flow.width > 1 ? 2 : 0;
  const float a = u - float(i);
  const float b = v - float(j);
  const float* top = flow.row(j) + 2 * std::ptrdiff_t{i};
  const float* low = flow.row(std::min(j + 1, flow.height - 1)) + 2 * std::ptrdiff_t{i};
  const auto mixed = [&](int c) {
    const float upper = top[c] + a * (top[c + next] - top[c]);
    const float lower = low[c] + a * (low[c + next] - low[c]);
    return upper + b * (lower - upper);
  };
  return {mixed(0), mixed(1)};
}

}  // namespace

std::vector<std::uint8_t> trusted(const Flow& forward, const Flow& backward) {
  VIDEOGEN_CHECK(forward.width == backward.width && forward.height == backward.height,
                 "two flows of one size");
  const int width = forward.width;
  const int height = forward.height;
  std::vector<std::uint8_t> mask(std::size_t(width) * std::size_t(height));
  for (int y = 0; y < height; ++y) {
    const float* f = forward.row(y);
    const float* below = forward.row(std::min(y + 1, height - 1));
    for (int x = 0; x < width; ++x) {
      const float u = f[2 * x];
      const float v = f[2 * x + 1];
      const Vector back = sampled(backward, float(x) + u, float(y) + v);
      const float sum = (back.x + u) * (back.x + u) + (back.y + v) * (back.y + v);
      const float length = u * u + v * v;
      const bool occluded = sum > 0.01F * (back.x * back.x + back.y * back.y + length) + 0.5F;
      const int right = std::min(x + 1, width - 1);
      const float ux = f[2 * right] - u;
      const float vx = f[2 * right + 1] - v;
      const float uy = below[2 * x] - u;
      const float vy = below[2 * x + 1] - v;
      const bool edge = ux * ux + uy * uy + vx * vx + vy * vy > 0.01F * length + 0.002F;
      mask[std::size_t(y) * std::size_t(width) + std::size_t(x)] = occluded || edge ? 0 : 1;
    }
  }
  return mask;
}

}  // namespace videogen::motion
