// Repeated frames: the share of the steps that change nothing but what an encoder adds, even in
// the busiest 8 % of the blocks.
#include "coherence/measures/list.h"
#include "coherence/measures/reduce_internal.h"

namespace videogen::coherence {
namespace {

Measure measure(const Observed& seen) {
  return mean_of_steps(seen.series, [&](std::size_t i) {
    return seen.series.steps[i].busy_difference < kCodecNoise ? 1.0 : 0.0;
  });
}

}  // namespace

const MeasureEntry kRepeatedFrames{
    .name = "repeated_frames",
    .needs = kLuma,
    .unit = "share of frames that repeat the one before",
    .least = 0,
    .most = 1,
    .source = "ours",
    .text =
        "Share of the frames that repeat the one before. Animation on twos has half of "
        "them: see cadence.",
    .measure = measure,
};

}  // namespace videogen::coherence
