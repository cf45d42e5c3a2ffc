// Impulsive block damage: the largest statistic of detect_corruption.
#include "coherence/measures/list.h"
#include "coherence/measures/reduce_internal.h"

namespace videogen::coherence {
namespace {

Measure measure(const Observed& seen) {
  if (seen.series.size() < 3) return not_measured("blocks that come back take three frames");
  return ratio_of(largest_finding(seen.series, detect_corruption(seen.series)), 0);
}

}  // namespace

const MeasureEntry kBlockDamage{
    .name = "block_damage",
    .needs = kFlow,
    .unit = "times 20 levels and half of what the worst blocks usually leave",
    .least = 0,
    .most = std::nullopt,
    .source = "ours; see detect_corruption.cc",
    .text =
        "The worst blocks that leave and come back while the rest of the picture goes on. "
        "Small fast things raise it, too. Feeds the evidence for corruption.",
    .measure = measure,
};

}  // namespace videogen::coherence
