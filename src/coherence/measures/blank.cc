// Blank: frames without any structure, of whatever colour.
#include "coherence/measures/list.h"
#include "coherence/measures/reduce_internal.h"

namespace videogen::coherence {
namespace {

constexpr float kFlat = 2;  // levels of 255: more than an encoder adds to a flat picture

Measure measure(const Observed& seen) {
  return share_of_frames(seen.series,
                         [](const Series::Frame& frame) { return frame.facts.spread < kFlat; });
}

}  // namespace

const MeasureEntry kBlank{
    .name = "blank",
    .needs = kLuma,
    .unit = "share of frames of one flat level",
    .least = 0,
    .most = 1,
    .source = "ours; the standard deviation of luma is under 2 of 255",
    .text =
        "Share of the frames that show one flat level, black or not. A clip that fades has "
        "some.",
    .measure = measure,
};

}  // namespace videogen::coherence
