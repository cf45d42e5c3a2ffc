// Exposure drift: what the clip's brightness drifts by, whatever moves, fades in or jumps once.
// As a share of the darker end: twice as bright and half as bright are both 1.
#include "coherence/measures/list.h"
#include "coherence/measures/reduce_internal.h"
#include "coherence/measures/running_level_internal.h"

namespace videogen::coherence {
namespace {

Measure measure(const Observed& seen) {
  const auto total = slow_drift(seen.series, [](const Match& m) { return m.luma_shift; });
  if (!total) return not_measured(kTooShortForDrift);
  Measure measure = measured(std::expm1(std::fabs(*total)));
  measure.detail = {{"brightness", std::expm1(*total)}};
  return measure;
}

}  // namespace

const MeasureEntry kExposureDrift{
    .name = "exposure_drift",
    .needs = kFlow,
    .unit = "share of brightness gained or lost over the clip",
    .least = 0,
    .most = std::nullopt,
    .source = "ours; the median half second's change along motion, times their number",
    .text =
        "How much brighter or darker the clip gets, slowly and in one direction. Dusk and "
        "auto-exposure do so rightly. Feeds the evidence for drift.",
    .measure = measure,
};

}  // namespace videogen::coherence
