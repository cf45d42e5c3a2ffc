// Neighbour similarity: the mean cosine of neighbouring samples.
#include "coherence/measures/list.h"
#include "coherence/measures/sample_reduce_internal.h"

namespace videogen::coherence {
namespace {

Measure measure(const Observed& seen) {
  const auto& cosines = seen.samples.to_previous;
  const auto mean = mean_of_known(cosines);
  if (!mean) return not_measured(kNoPair);
  Measure measure = measured(*mean);
  const std::size_t lowest = lowest_of(cosines);
  measure.detail = {{"lowest", *cosines[lowest]},
                    {"lowest_at_s", seen.samples.times_s[lowest + 1]}};
  return measure;
}

}  // namespace

const MeasureEntry kNeighbourSimilarity{
    .name = "neighbour_similarity",
    .needs = kEmbeddings,
    .unit = "mean cosine of neighbouring samples",
    .least = -1,
    .most = 1,
    .source = "as EvalCrafter's CLIP-Temp, at the rate and with the embedder of the report",
    .text =
        "How alike neighbouring samples are, cuts included. Rewards stillness and sees little "
        "but cuts and foreign frames.",
    .measure = measure,
};

}  // namespace videogen::coherence
