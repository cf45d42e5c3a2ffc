// Drift to the first frame: how alike all samples are to the first one.
#include "coherence/measures/list.h"
#include "coherence/measures/sample_reduce_internal.h"

namespace videogen::coherence {
namespace {

Measure measure(const Observed& seen) {
  const auto& cosines = seen.samples.to_first;
  const auto mean = mean_of_known(cosines);
  if (!mean) return not_measured(kNoPair);
  Measure measure = measured(*mean);
  const std::size_t lowest = lowest_of(cosines);
  measure.detail = {{"lowest", *cosines[lowest]}, {"lowest_at_s", seen.samples.times_s[lowest]}};
  return measure;
}

}  // namespace

const MeasureEntry kDriftToFirst{
    .name = "drift_to_first",
    .needs = kEmbeddings,
    .unit = "mean cosine to the first sample",
    .least = -1,
    .most = 1,
    .source =
        "as the first-frame term of VBench's background_consistency, at the rate and with "
        "the embedder of the report",
    .text =
        "How alike the samples are to the first one. Falls where a clip slowly leaves what it "
        "began with, which no pair of neighbours shows; a camera that moves on lowers it, too.",
    .measure = measure,
};

}  // namespace videogen::coherence
