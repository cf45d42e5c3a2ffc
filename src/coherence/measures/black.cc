// Black: frames so dark that shapes are hardly visible.
#include "coherence/measures/list.h"
#include "coherence/measures/reduce_internal.h"
#include "coherence/measures/visible_internal.h"

namespace videogen::coherence {
namespace {

Measure measure(const Observed& seen) {
  return share_of_frames(seen.series, [](const Series::Frame& frame) {
    return frame.facts.luma_p90 < kHardlyVisible;
  });
}

}  // namespace

const MeasureEntry kBlack{
    .name = "black",
    .needs = kLuma,
    .unit = "share of frames with nothing to see",
    .least = 0,
    .most = 1,
    .source = "ours; the 90th percentile of luma is under 26 of 255",
    .text = "Share of the frames with nothing to see.",
    .measure = measure,
};

}  // namespace videogen::coherence
