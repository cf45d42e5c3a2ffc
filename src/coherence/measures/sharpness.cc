// Sharpness: the median over the frames of FrameFacts::fine_texture.
#include <utility>

#include "coherence/measures/list.h"
#include "coherence/measures/reduce_internal.h"
#include "coherence/statistics.h"

namespace videogen::coherence {
namespace {

Measure measure(const Observed& seen) {
  std::vector<float> values;
  for (const Series::Frame& frame : seen.series.frames)
    values.push_back(std::expm1(frame.facts.fine_texture));
  if (values.empty()) return not_measured(kNoFrame);
  return measured(double(median_of(std::move(values))));
}

}  // namespace

const MeasureEntry kSharpness{
    .name = "sharpness",
    .needs = kLuma,
    .unit = "mean absolute Laplacian at 360 lines, levels of 255",
    .least = 0,
    .most = 1020,
    .source = "ours; the Laplacian of the four neighbours over the busier half of the blocks",
    .text = "Fine detail in the picture. Falls with blur, rises with noise.",
    .measure = measure,
};

}  // namespace videogen::coherence
