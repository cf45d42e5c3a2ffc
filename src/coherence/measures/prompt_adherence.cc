// Prompt adherence: how near the samples come to the prompt, and whether they come nearer to
// one of the alternatives that the caller named.
#include <algorithm>
#include <numeric>
#include <vector>

#include "coherence/measures/list.h"
#include "coherence/measures/sample_reduce_internal.h"

namespace videogen::coherence {
namespace {

constexpr std::size_t kWeakest = 3;  // moments to show

std::vector<Measure::Moment> weakest(const SampleSeries& samples,
                                     const std::vector<std::optional<double>>& cosines) {
  std::vector<Measure::Moment> moments;
  for (std::size_t i = 0; i < cosines.size(); ++i)
    if (cosines[i]) moments.push_back({samples.times_s[i], *cosines[i]});
  std::ranges::stable_sort(moments, {}, &Measure::Moment::value);
  if (moments.size() > kWeakest) moments.resize(kWeakest);
  return moments;
}

Measure measure(const Observed& seen) {
  const PromptSeries& prompt = *seen.prompt;
  if (!prompt.absent.empty()) return not_measured(prompt.absent);
  const auto mean = mean_of_known(prompt.cosines);
  if (!mean) return not_measured("there is no sample to compare with the prompt");
  Measure measure = measured(*mean);
  measure.prompt = prompt.text;
  measure.moments = weakest(seen.samples, prompt.cosines);
  for (std::size_t i = 0; i < prompt.cosines.size(); ++i)
    if (prompt.cosines[i]) measure.curve.emplace_back(seen.samples.times_s[i], *prompt.cosines[i]);
  if (prompt.wins) measure.detail.emplace_back("wins", *prompt.wins);
  if (prompt.probability) measure.detail.emplace_back("probability", *prompt.probability);
  for (const PromptSeries::Alternative& other : prompt.alternatives)
    measure.alternatives.push_back({other.text, other.cosine, other.wins, other.probability});
  return measure;
}

}  // namespace

const MeasureEntry kPromptAdherence{
    .name = "prompt_adherence",
    .needs = kEmbeddings | kText,
    .unit = "mean cosine of samples and prompt, relative",
    .least = -1,
    .most = 1,
    .source =
        "CLIP (Radford et al. 2021), as VBench's clip_score and EvalCrafter's CLIP-score; "
        "alternatives by the checkpoint's own softmax",
    .text =
        "Relative: it ranks clips of the same prompt, and texts for one clip; across prompts "
        "it says nothing, and it hardly agrees with what people say of adherence.",
    .passes = Measure::Passes::at_least,
    .measure = measure,
};

}  // namespace videogen::coherence
