// What all ways of validating a clip share.
#pragma once

#include <optional>
#include <span>
#include <stop_token>

#include "coherence/embed_clips.h"
#include "coherence/prompt.h"
#include "coherence/sample_series.h"
#include "coherence/validate.h"

namespace videogen::coherence {

// Errors: usage.
[[nodiscard]] Status check(const Options& options);

[[nodiscard]] media::ReadOptions reading_of(const Options& options);

// The options' texts as the model sees them; nullopt: there is no prompt. Errors: as read_prompt.
[[nodiscard]] Result<std::optional<Prompt>> prompt_of(const Options& options,
                                                      const embed::Embedder& embedder,
                                                      const std::stop_token& stop);

// What is the same for all clips of a run.
struct Run {
  const embed::Chosen& chosen;
  const Options& options;
  const Prompt* prompt = nullptr;  // null: there is none
  std::stop_token stop{};
};

// From a clip's samples, as they come by, and from what was read of it, to its report. For clip
// after clip; what the run refers to must outlive it.
class Validation {
 public:
  explicit Validation(const Run& run);

  void add(double time_s, std::span<const float> row);
  // Of the clip's samples so far.
  [[nodiscard]] const SampleWatch& samples() const { return samples_; }

  // All but what judge() fills in; begins anew. `which`: the clip's place in the run, for its
  // progress. With Options::vbench the clip is read once more. Errors: the clip's; as
  // background_consistency.
  [[nodiscard]] Result<Report> finish(const Source& source, std::size_t which,
                                      Result<SampledClip> clip);

 private:
  const Run* run_;
  SampleWatch samples_;
  std::optional<PromptWatch> nearness_;
};

// One clip with Sampling::automatic. `total_s` of the timing covers all readings.
[[nodiscard]] Result<Report> validate_automatically(const Source& source, const Run& run);

}  // namespace videogen::coherence
