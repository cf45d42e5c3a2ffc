// Local melting: the largest statistic of detect_morph, the classifier's logit less what is usual
// in the clip.
#include "coherence/measures/list.h"
#include "coherence/measures/reduce_internal.h"

namespace videogen::coherence {
namespace {

Measure measure(const Observed& seen) {
  const auto largest = largest_finding(seen.series, detect_morph(seen.series));
  if (!largest) return not_measured("no two frames 0.4 s apart could be compared");
  Measure measure = measured(largest->raw);
  measure.detail = {{"at_s", largest->time_s}};
  return measure;
}

}  // namespace

const MeasureEntry kMelting{
    .name = "melting",
    .needs = kFlow,
    .unit = "logit of a classifier, less what is usual in the clip",
    .least = std::nullopt,
    .most = std::nullopt,
    .source = "ours; see change_map.h and detect_morph.cc",
    .text =
        "How much the most suspicious place looks like something that melts, vanishes or "
        "turns into something else. The evidence for morph reaches its working point some "
        "way above 0; water, smoke and fire come near it.",
    .measure = measure,
};

}  // namespace videogen::coherence
