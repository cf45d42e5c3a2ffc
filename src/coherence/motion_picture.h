// The motion between two pictures as a picture.
#pragma once

#include <optional>

#include "media/image.h"
#include "motion/flow.h"

namespace videogen::coherence {

struct MotionPicture {
  media::Image picture;  // as motion::colours_of(); black where the way back leads elsewhere
  double full = 0;       // what the full colour stands for, in widths of the picture
};

// The full colour is the motion that 95 % of what is known stay under, at least one pixel, so
// that stillness stays white. Both of one size; nullopt where a side is under 16 pixels: there
// is nothing to search in.
[[nodiscard]] std::optional<MotionPicture> draw_motion(const media::Image& from,
                                                       const media::Image& to,
                                                       motion::FlowEstimator& estimator);

}  // namespace videogen::coherence
