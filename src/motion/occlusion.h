// Where a flow says nothing, after Lai et al. 2018 ("Learning Blind Video Temporal
// Consistency"), evaluate_WarpError: what the other picture does not show, and the edges of
// what moves.
#pragma once

#include <cstdint>
#include <vector>

#include "motion/flow.h"

namespace videogen::motion {

// [height · width]: 1 where both flows agree. With B the backward flow taken along the forward
// flow F, a pixel is occluded if
//   |B + F|² > 0.01 (|B|² + |F|²) + 0.5
[[nodiscard]] std::vector<std::uint8_t> consistent(const Flow& forward, const Flow& backward);

// [height · width]: 1 where the flow can be trusted: consistent() and no edge of motion,
//   |∇u|² + |∇v|² > 0.01 |F|² + 0.002
// with forward differences.
[[nodiscard]] std::vector<std::uint8_t> trusted(const Flow& forward, const Flow& backward);

}  // namespace videogen::motion
