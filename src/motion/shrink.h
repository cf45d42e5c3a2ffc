// Pictures made small for analysis.
#pragma once

#include "media/image.h"
#include "motion/raster.h"

namespace videogen::motion {

// By area, so that the shorter side has `side` pixels, aspect kept and sides of at least 1;
// a picture that is smaller stays as it is.
[[nodiscard]] media::Image shrink(const media::Image& picture, int side);

// [h, w, 3]: luma and the two colour differences of BT.601, full range, 128 for grey.
[[nodiscard]] Raster8 to_ycc(const media::Image& picture);

// Channel c alone.
[[nodiscard]] Raster8 channel(const Raster8& raster, int c);

}  // namespace videogen::motion
