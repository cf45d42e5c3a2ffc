// Flow as colours for an eye: the wheel of the Middlebury benchmark (Baker et al. 2011, "A
// Database and Evaluation Methodology for Optical Flow"; colorcode.cpp of its flow-code).
//
// Hue is the direction: red to the right, yellow down, light blue to the left, violet up. White
// does not move, the full colour moves by `full`, and what moves further is darker. Black is
// not known.
#pragma once

#include <cstdint>
#include <span>

#include "media/image.h"
#include "motion/flow.h"

namespace videogen::motion {

// full: pixels, over 0. known: [height · width], 0 where the flow says nothing; empty: all is
// known.
[[nodiscard]] media::Image colours_of(const Flow& flow, float full,
                                      std::span<const std::uint8_t> known = {});

}  // namespace videogen::motion
