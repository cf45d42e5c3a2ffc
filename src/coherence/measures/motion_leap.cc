// Leap of motion: the largest statistic of detect_jump, a product of the ratios of change, of
// the root of the flow's length and of the root of the residual.
#include "coherence/measures/list.h"
#include "coherence/measures/reduce_internal.h"

namespace videogen::coherence {
namespace {

constexpr std::size_t kLeast = 8;  // frames: four steps before, three after

Measure measure(const Observed& seen) {
  if (seen.series.size() < kLeast)
    return not_measured("a leap needs eight frames to stand out from");
  return ratio_of(largest_finding(seen.series, detect_jump(seen.series)), 1);
}

}  // namespace

const MeasureEntry kMotionLeap{
    .name = "motion_leap",
    .needs = kFlow,
    .unit = "times what is usual beside it",
    .least = 1,
    .most = std::nullopt,
    .source = "ours; see detect_jump.cc",
    .text =
        "The largest leap of motion: by how much a step stands over those beside it. "
        "Missing frames, joins and poses that snap raise it. Feeds the evidence for jump.",
    .measure = measure,
};

}  // namespace videogen::coherence
