// VBench's background consistency; see coherence/background_consistency.h.
#include "coherence/measures/list.h"

namespace videogen::coherence {
namespace {

Measure measure(const Observed& seen) {
  const BackgroundConsistency& background = *seen.background;
  if (!background.value) return not_measured(background.absent);
  Measure measure = measured(*background.value);
  measure.detail = {{"lowest", background.lowest}, {"lowest_at_s", background.lowest_at_s}};
  return measure;
}

}  // namespace

const MeasureEntry kBackgroundConsistency{
    .name = "background_consistency",
    .needs = kEveryEmbedding,
    .unit = "VBench's score",
    .least = 0,
    .most = 1,
    .source = "VBench, background_consistency: CLIP of every frame, resized without antialiasing",
    .text =
        "What VBench's tables call background consistency, for comparison with them. Despite "
        "its name it is over the whole picture; good and weak models lie within 0.05.",
    .passes = Measure::Passes::at_least,
    .measure = measure,
};

}  // namespace videogen::coherence
