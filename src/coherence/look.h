// A frame as the analysis sees it: small, with what can be said of it alone.
#pragma once

#include <cstdint>

#include "media/image.h"
#include "motion/raster.h"

namespace videogen::coherence {

// Lengths of the shorter side, in pixels. Flow and residuals need little resolution; noise and
// blur live in the fine detail.
inline constexpr int kMotionSide = 180;
inline constexpr int kTextureSide = 360;

// Dark lines from the border inwards, as shares of the picture's height or width.
struct Bars {
  float top = 0, bottom = 0, left = 0, right = 0;
};

struct FrameFacts {
  float luma = 0, cb = 0, cr = 0;          // means, 0…255; 128 is grey for the latter two
  float luma_p10 = 0, luma_p90 = 0;        // percentiles
  float fine_floor = 0, fine_texture = 0;  // natural logarithms of mean absolute Laplacians, + 1:
                                           // 20th percentile of the blocks; median of the
                                           // busier half
  float spread = 0;                        // standard deviation of luma
  Bars bars;
};

struct Look {
  std::int64_t frame = 0;  // of the decoded sequence
  double time_s = 0;
  media::Image rgb;      // shorter side at most kMotionSide
  motion::Packed ycc;    // the same in luma and colour differences
  motion::Raster8 luma;  // its first channel
  FrameFacts facts;
};

// `rgb` is the whole picture.
[[nodiscard]] Look look_at(const media::Image& rgb, std::int64_t frame, double time_s);

}  // namespace videogen::coherence
