// Burst of blur: the largest statistic of detect_noise that is one of blur.
#include "coherence/measures/list.h"
#include "coherence/measures/reduce_internal.h"

namespace videogen::coherence {
namespace {

Measure measure(const Observed& seen) { return burst_of(seen.series, "blur"); }

}  // namespace

const MeasureEntry kBlurBurst{
    .name = "blur_burst",
    .needs = kLuma,
    .unit = "times its unrest",
    .least = 0,
    .most = std::nullopt,
    .source = "ours; see detect_noise.cc",
    .text =
        "The strongest burst of blur: fine detail that is lost and comes back, over its "
        "usual unrest. A quick pan blurs, too. Feeds the evidence for noise.",
    .measure = measure,
};

}  // namespace videogen::coherence
