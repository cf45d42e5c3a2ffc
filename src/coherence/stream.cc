#include "coherence/stream.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "coherence/clip_report_internal.h"
#include "coherence/events.h"
#include "coherence/judge.h"
#include "coherence/number_text.h"

namespace videogen::coherence {
namespace {

class Streaming {
 public:
  Streaming(const Source& source, const Run& run, Until until, const StreamSink& sink)
      : source_(source), run_(run), options_(run.options), until_(until), told_(sink) {}

  Result<Report> run() {
    EmbeddingSink sink;
    sink.sample = [this](double time_s, std::span<const float> row) { take(time_s, row); };
    sink.progress = options_.progress;
    sink.pace = until_ == Until::first_failure ? Pace::in_step : Pace::at_once;
    sink.enough = enough_.get_token();
    if (told_.event || until_ == Until::first_failure)
      sink.window = [this](const SeriesWindow& window) { take(window); };
    sink.clip_done = [this](std::size_t, Result<SampledClip> clip) {
      report_ = clip ? finish(*std::move(clip)) : tl::unexpected(std::move(clip).error());
    };
    embed_clips({&source_, 1}, *run_.chosen.embedder, reading_of(options_), sink, run_.stop,
                run_.options.fitted);
    return std::move(report_);
  }

 private:
  void take(double time_s, std::span<const float> row) {
    if (failed()) return;
    validation_.add(time_s, row);
    StreamedSample sample;
    sample.index = count_++;
    sample.time_s = time_s;
    sample.similarity = validation_.samples().last_similarity();
    sample.flagged = sample.similarity && *sample.similarity < options_.threshold;
    if (told_.sample) told_.sample(sample);
    const bool fails = sample.flagged && (!options_.multi_shot || last_flagged_);
    last_flagged_ = sample.flagged;
    if (fails && options_.profile == Profile::quick) fail_at(time_s);
  }

  void take(const SeriesWindow& window) {
    if (failed() || window.series.size() == 0) return;
    for (const ToldEvent& told : watch_.look_at(window)) {
      if (told_.event) told_.event(told);
      if (failed() || !is_defect(told.event, options_.multi_shot)) continue;
      if (until_ != Until::first_failure) continue;
      reason_ = told.event;
      fail_at(window.series.frames.back().time_s);
    }
  }

  void fail_at(double time_s) {
    if (until_ != Until::first_failure) return;
    failed_at_s_ = time_s;
    enough_.request_stop();
  }
  [[nodiscard]] bool failed() const { return failed_at_s_.has_value(); }

  Result<Report> finish(SampledClip clip) {
    using Kind = media::LiveInput::Kind;
    if (source_.live != nullptr && source_.live->kind() == Kind::growing_file && !failed()) {
      VIDEOGEN_TRY(clip.video, media::probe(source_.path, options_.limits));
    }
    const bool from_pipe = source_.live != nullptr && source_.live->kind() == Kind::pipe;
    const bool no_duration = from_pipe && !clip.video.duration_s;
    const bool frames_known = clip.frames.has_value();
    VIDEOGEN_TRY(Report report, validation_.finish(source_, 0, std::move(clip)));
    if (no_duration && !failed())
      report.notes.emplace_back(
          "the duration is unknown: from a pipe, this container does not tell it");
    if (failed()) note_early_end(report, frames_known);
    if (report.analysis && reason_) keep_reason(*report.analysis);
    judge(report);
    if (told_.event && report.analysis)
      for (const ToldEvent& change : watch_.close(report.analysis->events)) told_.event(change);
    return report;
  }

  void note_early_end(Report& report, bool frames_known) const {
    report.notes.push_back(fmt::format(
        "stopped at {} s, where the clip had failed (--fail-fast): what follows was not looked "
        "at{}",
        seconds_text(*failed_at_s_), frames_known ? "" : ", so how many frames it has is unknown"));
    if (report.source.sha256.empty())
      report.notes.emplace_back("sha256 is null: not all bytes were read");
  }

  // What failed the clip stays in its report, even where the detectors see it otherwise without
  // what was about to follow.
  void keep_reason(Analysis& analysis) const {
    const Event& reason = *reason_;
    const bool there = std::ranges::any_of(analysis.events, [&](const Event& event) {
      return event.kind == reason.kind && event.first_frame <= reason.last_frame &&
             reason.first_frame <= event.last_frame;
    });
    if (there) return;
    analysis.events.push_back(reason);
    std::ranges::stable_sort(analysis.events, {}, &Event::start_s);
    for (Analysis::Evidence& evidence : analysis.defects)
      if (evidence.kind == reason.kind)
        evidence.score = std::max(evidence.score.value_or(0), reason.score);
  }

  const Source& source_;
  const Run& run_;
  const Options& options_;
  const Until until_;
  const StreamSink& told_;
  Validation validation_{run_};
  std::int64_t count_ = 0;  // samples
  EventWatch watch_{fitted_of(options_)};
  std::stop_source enough_;
  bool last_flagged_ = false;
  std::optional<double> failed_at_s_;
  std::optional<Event> reason_;
  Result<Report> report_ = fail(ErrorCode::interrupted, "interrupted");
};

}  // namespace

Result<Report> validate_stream(const Source& source, const embed::Chosen& embedder,
                               const Options& options, Until until, const StreamSink& sink,
                               std::stop_token stop) {
  VIDEOGEN_CHECK(embedder.embedder != nullptr, "an embedder was chosen");
  VIDEOGEN_CHECK(options.sampling == Sampling::fixed,
                 "a rate that follows the clip needs all of it");
  VIDEOGEN_TRY(check(options));
  if (options.vbench)
    return fail(ErrorCode::usage, "VBench's measures read the whole clip a second time");
  VIDEOGEN_TRY(const std::optional<Prompt> prompt, prompt_of(options, *embedder.embedder, stop));
  const Run run{embedder, options, prompt ? &*prompt : nullptr, std::move(stop)};
  return Streaming(source, run, until, sink).run();
}

}  // namespace videogen::coherence
