// Warp error: the mean over the pairs of neighbours; see coherence/warp_error.h.
#include "coherence/measures/list.h"
#include "coherence/measures/reduce_internal.h"

namespace videogen::coherence {
namespace {

Measure measure(const Observed& seen) {
  return mean_of_steps(seen.series, [&](std::size_t i) { return seen.series.warp_errors[i]; });
}

}  // namespace

const MeasureEntry kWarpError{
    .name = "warp_error",
    .needs = kFlow,
    .unit = "mean squared RGB error",
    .least = 0,
    .most = 1,
    .source = "Lai et al. 2018, evaluate_WarpError, with our flow at 180 lines",
    .text =
        "How badly a frame predicts the next one after its motion was followed. Low for "
        "steady pictures; fine texture, water and smoke raise it, too.",
    .measure = measure,
};

}  // namespace videogen::coherence
