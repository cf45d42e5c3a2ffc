#include "coherence/validate.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "coherence/analyse.h"
#include "coherence/background_consistency.h"
#include "coherence/judge.h"
#include "coherence/number_text.h"
#include "coherence/prompt.h"
#include "coherence/sample_series.h"

namespace videogen::coherence {
namespace {

Status check(const Options& options) {
  if (!(options.threshold >= -1 && options.threshold <= 1)) {
    return fail(ErrorCode::usage,
                fmt::format("threshold {}: a similarity lies in -1…1", options.threshold));
  }
  if (options.fps.den <= 0 || options.fps.num <= 0 || options.fps.value() > 1000) {
    return fail(ErrorCode::usage,
                fmt::format("{}/{} samples a second: must be over 0, at most 1000", options.fps.num,
                            options.fps.den));
  }
  if (!options.versus.empty() && options.prompt.empty())
    return fail(ErrorCode::usage, "alternatives need a prompt to be compared with");
  if (options.profile == Profile::quick && (!options.prompt.empty() || options.vbench))
    return fail(ErrorCode::usage,
                "a prompt and VBench's measures belong to the full profile: quick has no measures");
  return {};
}

// One run over many clips.
class Validation {
 public:
  Validation(std::span<const Source> sources, const embed::Chosen& chosen, const Options& options,
             std::stop_token stop)
      : sources_(sources), chosen_(chosen), options_(options), stop_(std::move(stop)) {}

  // What is the same for all clips. Errors: as read_prompt.
  Status prepare() {
    if (options_.prompt.empty()) return {};
    std::vector<std::string> texts{options_.prompt};
    texts.insert(texts.end(), options_.versus.begin(), options_.versus.end());
    VIDEOGEN_TRY(prompt_, read_prompt(std::move(texts), *chosen_.embedder, stop_));
    nearness_.emplace(*prompt_);
    return {};
  }

  void add(double time_s, std::span<const float> row) {
    samples_.add(time_s, row);
    if (nearness_) nearness_->add(row);
  }

  Result<Report> finish(std::size_t which, Result<SampledClip> clip) {
    const SampleSeries samples = samples_.finish();
    std::optional<PromptSeries> prompt;
    if (nearness_) prompt = nearness_->finish();
    if (!clip) return tl::unexpected(std::move(clip).error());
    std::optional<BackgroundConsistency> background;
    if (options_.vbench) {
      VIDEOGEN_TRY(background, look_at_background(which, *clip));
    }
    return report(which, *std::move(clip), samples, prompt ? &*prompt : nullptr,
                  background ? &*background : nullptr);
  }

 private:
  Result<BackgroundConsistency> look_at_background(std::size_t which, SampledClip& clip) {
    const auto start = std::chrono::steady_clock::now();
    auto found = background_consistency(
        sources_[which], *chosen_.embedder, options_.limits,
        [&](std::int64_t done, std::optional<std::int64_t> expected) {
          if (options_.progress) options_.progress({which, done, expected});
        },
        stop_);
    const double took =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    clip.embed_s += took;
    clip.total_s += took;
    return found;
  }

  void add_notes(Report& report, const SampledClip& clip) const {
    report.notes = chosen_.notes;
    for (const media::Damage& damage : clip.damage)
      report.notes.push_back(
          fmt::format("damaged at {} s: {}", seconds_text(damage.time_s), damage.message));
    if (prompt_)
      report.notes.insert(report.notes.end(), prompt_->notes.begin(), prompt_->notes.end());
  }

  Report report(std::size_t which, SampledClip clip, const SampleSeries& samples,
                const PromptSeries* prompt, const BackgroundConsistency* background) const {
    Report report;
    report.fps = options_.fps.value();
    report.profile = options_.profile;
    report.multi_shot = options_.multi_shot;
    report.threshold = options_.threshold;
    report.embedder = chosen_.embedder->identity();
    report.embedder_why = chosen_.why;
    report.timing_s = {clip.decode_s, clip.embed_s, clip.analyse_s, clip.total_s};
    report.similarities = samples.to_previous;
    report.timestamps_s = samples.times_s;
    add_notes(report, clip);
    if (background != nullptr)
      report.notes.insert(report.notes.end(), background->notes.begin(), background->notes.end());
    report.source = {sources_[which].uri, std::move(clip.sha256), std::move(clip.video),
                     clip.frames};
    if (clip.series) report.analysis = analyse({*clip.series, samples, prompt, background});
    judge(report);
    return report;
  }

  const std::span<const Source> sources_;
  const embed::Chosen& chosen_;
  const Options& options_;
  const std::stop_token stop_;
  std::optional<Prompt> prompt_;
  SampleWatch samples_;
  std::optional<PromptWatch> nearness_;
};

}  // namespace

void validate_all(std::span<const Source> sources, const embed::Chosen& embedder,
                  const Options& options,
                  const std::function<void(std::size_t, Result<Report>)>& done,
                  std::stop_token stop) {
  VIDEOGEN_CHECK(embedder.embedder != nullptr, "an embedder was chosen");
  Validation validation(sources, embedder, options, stop);
  Status ready = check(options);
  if (ready) ready = validation.prepare();
  if (!ready) {
    const bool interrupted = ready.error().code == ErrorCode::interrupted;
    const std::size_t told =
        interrupted ? std::min<std::size_t>(1, sources.size()) : sources.size();
    for (std::size_t i = 0; i < told; ++i) done(i, tl::unexpected(ready.error()));
    return;
  }
  EmbeddingSink sink;
  sink.sample = [&](double time_s, std::span<const float> row) { validation.add(time_s, row); };
  sink.progress = options.progress;
  sink.clip_done = [&](std::size_t i, Result<SampledClip> clip) {
    done(i, validation.finish(i, std::move(clip)));
  };
  media::ReadOptions reading;
  reading.sample_rate = options.fps;
  reading.limits = options.limits;
  reading.every_frame = options.profile == Profile::full;
  embed_clips(sources, *embedder.embedder, reading, sink, std::move(stop));
}

Result<Report> validate(const Source& source, const embed::Chosen& embedder, const Options& options,
                        std::stop_token stop) {
  Result<Report> result = fail(ErrorCode::internal, "the clip was never done");
  validate_all(
      {&source, 1}, embedder, options,
      [&](std::size_t, Result<Report> report) { result = std::move(report); }, std::move(stop));
  return result;
}

}  // namespace videogen::coherence
