// Colour drift: what the clip's colour differences drift by.
#include "coherence/measures/list.h"
#include "coherence/measures/reduce_internal.h"
#include "coherence/measures/running_level_internal.h"

namespace videogen::coherence {
namespace {

Measure measure(const Observed& seen) {
  const auto blue = slow_drift(seen.series, [](const Match& m) { return m.cb_shift; });
  const auto red = slow_drift(seen.series, [](const Match& m) { return m.cr_shift; });
  if (!blue || !red) return not_measured(kTooShortForDrift);
  Measure measure = measured(std::max(std::fabs(*blue), std::fabs(*red)));
  measure.detail = {{"blue", *blue}, {"red", *red}};
  return measure;
}

}  // namespace

const MeasureEntry kColourDrift{
    .name = "colour_drift",
    .needs = kFlow,
    .unit = "levels of 255 over the clip",
    .least = 0,
    .most = std::nullopt,
    .source = "ours; as exposure_drift, the larger of the two colour differences",
    .text =
        "How far colours leave where they began, slowly and in one direction. Feeds the "
        "evidence for drift.",
    .measure = measure,
};

}  // namespace videogen::coherence
