// Temporal flickering as VBench has it: over all pixels and channels at full size.
#include "coherence/measures/list.h"
#include "coherence/measures/reduce_internal.h"

namespace videogen::coherence {
namespace {

Measure measure(const Observed& seen) {
  return mean_of_steps(
      seen.series, [&](std::size_t i) { return (255 - seen.series.full_differences[i]) / 255; });
}

}  // namespace

const MeasureEntry kTemporalFlickering{
    .name = "temporal_flickering",
    .needs = kLuma,
    .unit = "VBench's score",
    .least = 0,
    .most = 1,
    .source = "VBench, temporal_flickering: (255 − mean |difference|) / 255 at full size",
    .text =
        "How alike neighbouring frames are, pixel by pixel; 1 is still. Rewards stillness: "
        "a still picture reaches the top.",
    .measure = measure,
};

}  // namespace videogen::coherence
