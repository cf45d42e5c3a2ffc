// Amount of motion: the mean length of the flow. Lengths are in pixels of pictures whose shorter
// side has kMotionSide of them.
#include "coherence/measures/list.h"
#include "coherence/measures/reduce_internal.h"

namespace videogen::coherence {
namespace {

Measure measure(const Observed& seen) {
  const double interval = seen.series.interval_s();
  if (seen.series.size() >= 2 && !(interval > 0)) return not_measured("the frames have no times");
  return mean_of_steps(seen.series, [&](std::size_t i) {
    return double(seen.series.steps[i].motion) / (interval * kMotionSide);
  });
}

}  // namespace

const MeasureEntry kMotion{
    .name = "motion",
    .needs = kFlow,
    .unit = "shorter sides of the picture a second",
    .least = 0,
    .most = std::nullopt,
    .source = "ours; mean length of dense inverse search flow (Kroeger et al. 2016)",
    .text = "How far things move. Neither good nor bad; it says how hard the clip was.",
    .measure = measure,
};

}  // namespace videogen::coherence
