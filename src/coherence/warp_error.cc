#include "coherence/warp_error.h"

#include "motion/occlusion.h"
#include "motion/warp.h"

namespace videogen::coherence {

float warp_error(const media::Image& first, const media::Image& second, const motion::Flow& forward,
                 const motion::Flow& backward) {
  motion::Raster8 source(second.width, second.height, 3);
  source.values = second.rgb;
  const motion::RasterF warped = motion::warp(source, forward);
  const auto mask = motion::trusted(forward, backward);
  double sum = 0;
  std::int64_t counted = 0;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] == 0) continue;
    for (std::size_t c = 0; c < 3; ++c) {
      const double d = (double(warped.values[3 * i + c]) - first.rgb[3 * i + c]) / 255;
      sum += d * d;
    }
    counted += 3;
  }
  return counted == 0 ? 0 : float(sum / double(counted));
}

}  // namespace videogen::coherence
