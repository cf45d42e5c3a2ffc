#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "coherence/analyse.h"
#include "coherence/background_consistency.h"
#include "coherence/clip_report_internal.h"
#include "coherence/number_text.h"

namespace videogen::coherence {
namespace {

Result<BackgroundConsistency> look_at_background(const Source& source, std::size_t which,
                                                 const Run& run, SampledClip& clip) {
  const auto start = std::chrono::steady_clock::now();
  auto found = background_consistency(
      source, *run.chosen.embedder, run.options.limits,
      [&](std::int64_t done, std::optional<std::int64_t> expected) {
        if (run.options.progress) run.options.progress({which, done, expected});
      },
      run.stop);
  const double took =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  clip.embed_s += took;
  clip.total_s += took;
  return found;
}

void add_notes(Report& report, const SampledClip& clip, const Prompt* prompt,
               const BackgroundConsistency* background) {
  for (const media::Damage& damage : clip.damage)
    report.notes.push_back(
        fmt::format("damaged at {} s: {}", seconds_text(damage.time_s), damage.message));
  if (prompt != nullptr)
    report.notes.insert(report.notes.end(), prompt->notes.begin(), prompt->notes.end());
  if (background != nullptr)
    report.notes.insert(report.notes.end(), background->notes.begin(), background->notes.end());
}

// What the run alone tells.
Report blank_report(const Run& run) {
  Report report;
  report.fps = run.options.fps.value();
  report.sampling = run.options.sampling;
  report.profile = run.options.profile;
  report.multi_shot = run.options.multi_shot;
  report.threshold = run.options.threshold;
  report.embedder = run.chosen.embedder->identity();
  report.embedder_why = run.chosen.why;
  report.notes = run.chosen.notes;
  return report;
}

}  // namespace

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

media::ReadOptions reading_of(const Options& options) {
  media::ReadOptions reading;
  reading.sample_rate = options.fps;
  reading.limits = options.limits;
  reading.every_frame = options.profile == Profile::full;
  return reading;
}

Result<std::optional<Prompt>> prompt_of(const Options& options, const embed::Embedder& embedder,
                                        const std::stop_token& stop) {
  if (options.prompt.empty()) return std::nullopt;
  std::vector<std::string> texts{options.prompt};
  texts.insert(texts.end(), options.versus.begin(), options.versus.end());
  VIDEOGEN_TRY(Prompt prompt, read_prompt(std::move(texts), embedder, stop));
  return std::optional(std::move(prompt));
}

Validation::Validation(const Run& run) : run_(&run) {
  if (run.prompt != nullptr) nearness_.emplace(*run.prompt);
}

void Validation::add(double time_s, std::span<const float> row) {
  samples_.add(time_s, row);
  if (nearness_) nearness_->add(row);
}

Result<Report> Validation::finish(const Source& source, std::size_t which,
                                  Result<SampledClip> clip) {
  SampleSeries samples = samples_.finish();
  std::optional<PromptSeries> prompt;
  if (nearness_) prompt = nearness_->finish();
  if (!clip) return tl::unexpected(std::move(clip).error());
  std::optional<BackgroundConsistency> background;
  if (run_->options.vbench) {
    VIDEOGEN_TRY(background, look_at_background(source, which, *run_, *clip));
  }
  Report report = blank_report(*run_);
  report.timing_s = {clip->decode_s, clip->embed_s, clip->analyse_s, clip->total_s};
  add_notes(report, *clip, run_->prompt, background ? &*background : nullptr);
  if (clip->series)
    report.analysis = analyse(
        {*clip->series, samples, prompt ? &*prompt : nullptr, background ? &*background : nullptr},
        fitted_of(run_->options));
  report.similarities = std::move(samples.to_previous);
  report.timestamps_s = std::move(samples.times_s);
  report.source = {source.uri, std::move(clip->sha256), std::move(clip->video), clip->frames};
  return report;
}

}  // namespace videogen::coherence
