#include "coherence/prompt.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "coherence/similarity.h"

namespace videogen::coherence {
namespace {

std::string reads_in_part(const std::string& text, std::size_t which,
                          const embed::TextLength& length) {
  return fmt::format(
      "prompt_adherence: {} has {} tokens and the model reads {}, start and end included: the "
      "words after that do not count{}",
      which == 0 ? "the prompt" : "an alternative", length.tokens, length.read,
      which == 0 ? "" : fmt::format(" ({})", printable(text, 60)));
}

}  // namespace

Result<Prompt> read_prompt(std::vector<std::string> texts, const embed::Embedder& embedder,
                           std::stop_token stop) {
  VIDEOGEN_CHECK(!texts.empty(), "a prompt is a text");
  Prompt prompt;
  prompt.texts = std::move(texts);
  const embed::TextEmbedder* const model = embedder.texts();
  if (model == nullptr) {
    prompt.absent =
        fmt::format("{} knows no texts: a CLIP model does (its flag, or VIDEOGEN_MODEL)",
                    embedder.identity().model);
    return prompt;
  }
  for (std::size_t i = 0; i < prompt.texts.size(); ++i) {
    VIDEOGEN_TRY(const embed::TextLength length, model->text_length(prompt.texts[i], stop));
    if (length.read < length.tokens)
      prompt.notes.push_back(reads_in_part(prompt.texts[i], i, length));
    VIDEOGEN_TRY(std::vector<float> row, model->embed_text(prompt.texts[i], stop));
    prompt.rows.push_back(std::move(row));
  }
  if (prompt.rows.size() > 1) {
    VIDEOGEN_TRY(prompt.logit_scale, model->logit_scale());
    if (!prompt.logit_scale)
      prompt.notes.emplace_back(
          "prompt_adherence: the checkpoint has no logit_scale, so there are no probabilities");
  }
  return prompt;
}

PromptWatch::PromptWatch(const Prompt& prompt) : prompt_(&prompt), sums_(prompt.texts.size()) {}

void PromptWatch::add(std::span<const float> row) {
  if (prompt_->rows.empty()) return;
  cosines_.push_back(cosine(row, prompt_->rows.front()));
  if (!cosines_.back()) return;
  std::vector<double> cosines{*cosines_.back()};
  for (std::size_t i = 1; i < prompt_->rows.size(); ++i)
    cosines.push_back(cosine(row, prompt_->rows[i]).value_or(-1));
  const double most = *std::ranges::max_element(cosines);
  std::vector<double> weights;
  double total = 0;
  for (const double c : cosines) {
    weights.push_back(std::exp(prompt_->logit_scale.value_or(0) * (c - most)));
    total += weights.back();
  }
  // A tie is won by nobody.
  const bool tie = std::ranges::count(cosines, most) > 1;
  for (std::size_t i = 0; i < cosines.size(); ++i) {
    sums_[i].cosine += cosines[i];
    sums_[i].probability += weights[i] / total;
    if (cosines[i] == most && !tie) ++sums_[i].nearest;
    if (cosines[i] > cosines.front()) ++sums_[i].nearer_than_prompt;
  }
  ++compared_;
}

PromptSeries PromptWatch::finish() {
  PromptSeries series;
  series.text = prompt_->texts.front();
  series.absent = prompt_->absent;
  series.cosines = std::exchange(cosines_, {});
  const auto count = double(compared_);
  if (compared_ > 0 && sums_.size() > 1) {
    const auto probability = [&](const Sums& sums) -> std::optional<double> {
      if (!prompt_->logit_scale) return std::nullopt;
      return sums.probability / count;
    };
    series.wins = double(sums_.front().nearest) / count;
    series.probability = probability(sums_.front());
    for (std::size_t i = 1; i < sums_.size(); ++i)
      series.alternatives.push_back({prompt_->texts[i], sums_[i].cosine / count,
                                     double(sums_[i].nearer_than_prompt) / count,
                                     probability(sums_[i])});
  }
  sums_.assign(prompt_->texts.size(), {});
  compared_ = 0;
  return series;
}

}  // namespace videogen::coherence
