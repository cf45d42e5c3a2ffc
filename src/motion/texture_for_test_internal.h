// A picture for tests of flow and warping.
#pragma once

#include <cmath>

#include "motion/raster.h"

namespace videogen::motion {

// Smooth texture that never repeats within a picture, moved by (dx, dy).
inline Raster8 texture(int width, int height, double dx, double dy) {
  Raster8 plane(width, height, 1);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double u = x - dx;
      const double v = y - dy;
      const double value = 128 + 40 * std::sin(0.21 * u + 0.05 * v) + 35 * std::sin(0.17 * v) +
                           25 * std::sin(0.11 * u - 0.13 * v + 0.0009 * u * v);
      plane.row(y)[x] = static_cast<std::uint8_t>(std::lround(value));
    }
  }
  return plane;
}

}  // namespace videogen::motion
