// Letterbox: black bars beside the picture that stay where they are for the whole clip.
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "coherence/measures/list.h"
#include "coherence/measures/visible_internal.h"
#include "coherence/statistics.h"

namespace videogen::coherence {
namespace {

// The share of a side's length that a bar there has in nine of ten frames: a dark scene makes
// bars look wider, damage narrower. 0 where under half of the frames have it to within a line
// at 180: a black sky ends here and there, a bar always at one place.
double bar(std::vector<float> widths) {
  constexpr float kLine = 1.5F / kMotionSide;
  constexpr double kEdge = 0.01;  // a dark line at the border is no bar
  const float width = percentile_of(widths, 0.1);
  const auto alike =
      std::ranges::count_if(widths, [&](float other) { return std::fabs(other - width) <= kLine; });
  if (width < kEdge || 2 * std::size_t(alike) < widths.size()) return 0;
  return double(width);
}

Measure measure(const Observed& seen) {
  std::vector<float> top, bottom, left, right;
  for (const Series::Frame& frame : seen.series.frames) {
    if (frame.facts.luma_p90 < kHardlyVisible) continue;
    const Bars& bars = frame.facts.bars;
    top.push_back(bars.top);
    bottom.push_back(bars.bottom);
    left.push_back(bars.left);
    right.push_back(bars.right);
  }
  if (top.empty()) return not_measured("no frame shows anything between bars");
  const double t = bar(std::move(top));
  const double b = bar(std::move(bottom));
  const double l = bar(std::move(left));
  const double r = bar(std::move(right));
  Measure measure = measured(1 - (1 - t - b) * (1 - l - r));
  measure.detail = {{"top", t}, {"bottom", b}, {"left", l}, {"right", r}};
  return measure;
}

}  // namespace

const MeasureEntry kLetterbox{
    .name = "letterbox",
    .needs = kLuma,
    .unit = "share of the picture that black bars cover",
    .least = 0,
    .most = 1,
    .source = "ours; lines of luma of at most 20 of 255 from the border inwards",
    .text =
        "Black bars that stay for the whole clip. No defect, but the picture is smaller than "
        "its frame, and measures of the whole frame count the bars. Blurred or coloured "
        "fillings are not found.",
    .measure = measure,
};

}  // namespace videogen::coherence
