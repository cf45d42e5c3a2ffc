// Where a flow says nothing, after Lai et al. 2018 ("Learning Blind Video Temporal
// Consistency"), evaluate_WarpError: what the other picture does not show, and the edges of
// what moves.
#pragma once

#include <cstdint>
#include <vector>

#include "motion/flow.h"

namespace videogen::motion {

// [height · width]: 1 where the flow can be trusted. With B the backward flow taken along the
// forward flow F, a pixel is masked if
//   |B + F|² > 0.01 (|B|² + |F|²) + 0.5                      (occluded)
//   |∇u|² + |∇v|² > 0.01 |F|² + 0.002                        (an edge of motion)
// with forward differences.
[[nodiscard]] std::vector<std::uint8_t> trusted(const Flow& forward, const Flow& backward);

}  // namespace videogen::motion
