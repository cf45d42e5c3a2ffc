// The picture that GIST sees: shrunk by area, as the logarithm of brightness.
#pragma once

#include <span>

#include "media/image.h"

namespace videogen::embed {

// out: [side, side], ln(1 + (R+G+B)/3) of the mean of each pixel's rectangle, 0…ln 256.
void area_log_luma(const media::Image& picture, int side, std::span<float> out);

}  // namespace videogen::embed
