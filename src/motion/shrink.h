// Pictures made small for analysis.
#pragma once

#include "media/image.h"
#include "motion/raster.h"

namespace videogen::motion {

// By area, so that the shorter side has `side` pixels, aspect kept and sides of at least 1;
// a picture that is smaller stays as it is.
[[nodiscard]] media::Image shrink(const media::Image& picture, int side);

[[nodiscard]] Packed pack(const media::Image& picture);

// Luma and the two colour differences of BT.601, full range, 128 for grey.
[[nodiscard]] Packed to_ycc(const media::Image& picture);

// The first of these alone.
[[nodiscard]] Raster8 to_luma(const media::Image& picture);

}  // namespace videogen::motion
