// Burst of noise: the largest statistic of detect_noise that is one of noise.
#include "coherence/measures/list.h"
#include "coherence/measures/reduce_internal.h"

namespace videogen::coherence {
namespace {

Measure measure(const Observed& seen) { return burst_of(seen.series, "noise"); }

}  // namespace

const MeasureEntry kNoiseBurst{
    .name = "noise_burst",
    .needs = kLuma,
    .unit = "times its unrest",
    .least = 0,
    .most = std::nullopt,
    .source = "ours; see detect_noise.cc",
    .text =
        "The strongest burst of noise: fine detail that rises everywhere and falls again, "
        "over its usual unrest. Feeds the evidence for noise.",
    .measure = measure,
};

}  // namespace videogen::coherence
