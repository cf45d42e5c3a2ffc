// Chroma jumps: how far the colour differences leave their running medians.
#include "coherence/measures/list.h"
#include "coherence/measures/reduce_internal.h"
#include "coherence/measures/running_level_internal.h"

namespace videogen::coherence {
namespace {

Measure measure(const Observed& seen) {
  const auto blue = largest_departure(seen.series, [](const Match& m) { return m.cb_shift; });
  const auto red = largest_departure(seen.series, [](const Match& m) { return m.cr_shift; });
  if (!blue || !red) return not_measured(kTooShortForMedian);
  const Departure& largest = blue->size >= red->size ? *blue : *red;
  Measure measure = measured(largest.size);
  measure.detail = {{"at_s", largest.time_s}, {"blue", blue->size}, {"red", red->size}};
  return measure;
}

}  // namespace

const MeasureEntry kChromaJumps{
    .name = "chroma_jumps",
    .needs = kFlow,
    .unit = "levels of 255, largest departure from a running median",
    .least = 0,
    .most = std::nullopt,
    .source = "ours; as gain_jumps, of both colour differences",
    .text =
        "The largest jump of colour that does not last, whatever moves. Feeds the evidence "
        "for flicker.",
    .measure = measure,
};

}  // namespace videogen::coherence
