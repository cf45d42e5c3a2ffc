// Content drift: how much less the second half of the clip is like its first sample than the
// first half is. Medians, so that single samples (a flash) don't count.
#include <algorithm>
#include <vector>

#include "coherence/measures/list.h"
#include "coherence/statistics.h"

namespace videogen::coherence {
namespace {

Measure measure(const Observed& seen) {
  std::vector<float> cosines;
  for (const auto& cosine : seen.samples.to_first)
    if (cosine) cosines.push_back(float(*cosine));
  if (cosines.size() < 4) return not_measured("a drift of content needs five samples to compare");
  const auto half = std::ptrdiff_t(cosines.size() / 2);
  return measured(double(median_of({cosines.begin(), cosines.begin() + half})) -
                  double(median_of({cosines.end() - half, cosines.end()})));
}

}  // namespace

const MeasureEntry kContentDrift{
    .name = "content_drift",
    .needs = kEmbeddings,
    .unit = "cosine to the first sample, lost from the first half to the second",
    .least = -2,
    .most = 2,
    .source = "ours",
    .text =
        "How far content moves on between the halves of the clip. Near 0 where it stays or "
        "returns; a cut or a camera that travels raises it as well as a drift.",
    .measure = measure,
};

}  // namespace videogen::coherence
