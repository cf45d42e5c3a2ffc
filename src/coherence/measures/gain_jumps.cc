// Gain jumps: how far brightness leaves its running median, as a share: 0.1 is a tenth brighter,
// or as much darker as takes a tenth to make good.
#include "coherence/measures/list.h"
#include "coherence/measures/reduce_internal.h"
#include "coherence/measures/running_level_internal.h"

namespace videogen::coherence {
namespace {

Measure measure(const Observed& seen) {
  const auto largest = largest_departure(seen.series, [](const Match& m) { return m.luma_shift; });
  if (!largest) return not_measured(kTooShortForMedian);
  Measure measure = measured(std::expm1(largest->size));
  measure.detail = {{"at_s", largest->time_s}};
  return measure;
}

}  // namespace

const MeasureEntry kGainJumps{
    .name = "gain_jumps",
    .needs = kFlow,
    .unit = "share of brightness, largest departure from a running median",
    .least = 0,
    .most = std::nullopt,
    .source =
        "ours; the median over blocks of ln(brightness) along motion, summed, against its median "
        "over 0.6 s",
    .text =
        "The largest jump of brightness that does not last, whatever moves. A cut or a lamp "
        "switched on is none. Feeds the evidence for flicker.",
    .measure = measure,
};

}  // namespace videogen::coherence
