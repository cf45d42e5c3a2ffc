// Takes a picture along a flow.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "motion/flow.h"
#include "motion/raster.h"

namespace videogen::motion {

// result(x, y) = source(x + dx, y + dy), bilinear; beyond the border the nearest pixel.
// `flow` leads from the result's picture to `source`, and has its size.
[[nodiscard]] Planes3 warp(const Packed& source, const Flow& flow);

// Side by side, as the vector units of a CPU want them; as many of one as of the other.
struct Points {
  std::vector<float> x, y;
};
// The flow at each of the points, bilinear; beyond the border the nearest vector.
void vectors_at(const Flow& flow, const Points& points, Points& vectors);

// Whether (x + dx, y + dy) lies inside the picture.
[[nodiscard]] inline bool lands_inside(const Flow& flow, int x, int y) {
  const float* d = flow.row(y) + 2 * std::ptrdiff_t{x};
  const float u = float(x) + d[0];
  const float v = float(y) + d[1];
  return u >= 0 && v >= 0 && u <= float(flow.width - 1) && v <= float(flow.height - 1);
}

// The flows of steps in a row as one: where a point has gone after all of them. Followed for
// every fourth pixel and interpolated between.
[[nodiscard]] Flow chained(std::span<const Flow* const> steps);

}  // namespace videogen::motion
