#include "coherence/motion_picture.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "coherence/statistics.h"
#include "motion/flow_colours.h"
#include "motion/occlusion.h"
#include "motion/shrink.h"

namespace videogen::coherence {
namespace {

constexpr int kLeastSide = 16;

float full_of(const motion::Flow& flow, const std::vector<std::uint8_t>& known) {
  std::vector<float> lengths;
  for (std::size_t i = 0; i < known.size(); ++i)
    if (known[i] != 0) lengths.push_back(std::hypot(flow.values[2 * i], flow.values[2 * i + 1]));
  return lengths.empty() ? 1 : std::max(1.0F, percentile_of(std::move(lengths), 0.95));
}

}  // namespace

std::optional<MotionPicture> draw_motion(const media::Image& from, const media::Image& to,
                                         motion::FlowEstimator& estimator) {
  if (std::min(from.width, from.height) < kLeastSide) return std::nullopt;
  const motion::Raster8 first = motion::to_luma(from);
  const motion::Raster8 second = motion::to_luma(to);
  const motion::Flow forth = estimator.between(first, second);
  const std::vector<std::uint8_t> known =
      motion::consistent(forth, estimator.between(second, first));
  const float full = full_of(forth, known);
  return MotionPicture{motion::colours_of(forth, full, known), double(full) / from.width};
}

}  // namespace videogen::coherence
