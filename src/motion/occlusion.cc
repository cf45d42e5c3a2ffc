#include "motion/occlusion.h"

#include <algorithm>

#include "base/error.h"
#include "base/simd.h"
#include "motion/warp.h"

namespace videogen::motion {
namespace {

VIDEOGEN_SIMD void land(const float* forward, int y, int width, float* u, float* v) {
  for (int x = 0; x < width; ++x) {
    u[x] = float(x) + forward[2 * x];
    v[x] = float(y) + forward[2 * x + 1];
  }
}

VIDEOGEN_SIMD void judge(const float* forward, const float* back_x, const float* back_y, int width,
                         std::uint8_t* mask) {
  for (int x = 0; x < width; ++x) {
    const float u = forward[2 * x];
    const float v = forward[2 * x + 1];
    const float sum = (back_x[x] + u) * (back_x[x] + u) + (back_y[x] + v) * (back_y[x] + v);
    const float lengths = back_x[x] * back_x[x] + back_y[x] * back_y[x] + u * u + v * v;
    mask[x] = sum > 0.01F * lengths + 0.5F ? 0 : 1;
  }
}

// Where the flow itself has an edge.
VIDEOGEN_SIMD void drop_borders(const float* row, const float* below, int width,
                                std::uint8_t* mask) {
  for (int x = 0; x < width; ++x) {
    const float u = row[2 * x];
    const float v = row[2 * x + 1];
    const int right = std::min(x + 1, width - 1);
    const float ux = row[2 * right] - u;
    const float vx = row[2 * right + 1] - v;
    const float uy = below[2 * x] - u;
    const float vy = below[2 * x + 1] - v;
    const float change = ux * ux + uy * uy + vx * vx + vy * vy;
    mask[x] = change > 0.01F * (u * u + v * v) + 0.002F ? 0 : mask[x];
  }
}

}  // namespace

std::vector<std::uint8_t> consistent(const Flow& forward, const Flow& backward) {
  VIDEOGEN_CHECK(forward.width == backward.width && forward.height == backward.height,
                 "two flows of one size");
  const int width = forward.width;
  const int height = forward.height;
  std::vector<std::uint8_t> mask(std::size_t(width) * std::size_t(height));
  Points landed;
  landed.x.resize(std::size_t(width));
  landed.y.resize(std::size_t(width));
  Points back;
  for (int y = 0; y < height; ++y) {
    land(forward.row(y), y, width, landed.x.data(), landed.y.data());
    vectors_at(backward, landed, back);
    judge(forward.row(y), back.x.data(), back.y.data(), width,
          mask.data() + std::size_t(y) * std::size_t(width));
  }
  return mask;
}

std::vector<std::uint8_t> trusted(const Flow& forward, const Flow& backward) {
  std::vector<std::uint8_t> mask = consistent(forward, backward);
  const int width = forward.width;
  const int height = forward.height;
  for (int y = 0; y < height; ++y)
    drop_borders(forward.row(y), forward.row(std::min(y + 1, height - 1)), width,
                 mask.data() + std::size_t(y) * std::size_t(width));
  return mask;
}

}  // namespace videogen::motion
