// Warp error of a pair of frames (Lai et al. 2018, evaluate_WarpError), with our own flow.
#pragma once

#include "media/image.h"
#include "motion/flow.h"

namespace videogen::coherence {

// Mean squared difference of `first` and of `second` taken back along `forward`, over the
// pixels and channels that motion::trusted() leaves; values 0…1. Where it leaves none, 0.
[[nodiscard]] float warp_error(const media::Image& first, const media::Image& second,
                               const motion::Flow& forward, const motion::Flow& backward);

}  // namespace videogen::coherence
