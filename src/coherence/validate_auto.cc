// Validating at a rate that follows the clip: a reading at the base rate, and a second one of
// what that left in doubt.
#include <chrono>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "coherence/auto_rate.h"
#include "coherence/clip_report_internal.h"
#include "coherence/judge.h"
#include "coherence/number_text.h"
#include "coherence/refine.h"
#include "coherence/timeline.h"

namespace videogen::coherence {
namespace {

using Clock = std::chrono::steady_clock;

struct Reading {
  explicit Reading(const Run& run) : validation(run) {}
  Validation validation;
  Timeline timeline;
  SampledClip clip;
};

Result<Reading> read_at_base_rate(const Source& source, const Run& run) {
  Reading reading(run);
  Status status = fail(ErrorCode::interrupted, fmt::format("{}: interrupted", source.uri));
  EmbeddingSink sink;
  sink.sample = [&](double time_s, std::span<const float> row) {
    reading.validation.add(time_s, row);
    reading.timeline.add(time_s, row);
  };
  sink.progress = run.options.progress;
  sink.clip_done = [&](std::size_t, Result<SampledClip> clip) {
    status = clip ? Status() : tl::unexpected(clip.error());
    if (clip) reading.clip = *std::move(clip);
  };
  embed_clips({&source, 1}, *run.chosen.embedder, reading_of(run.options), sink, run.stop,
              run.options.fitted);
  VIDEOGEN_TRY(status);
  return reading;
}

// How long the clip turned out to be; what the container says may be missing or wrong.
std::optional<double> seconds_read(const SampledClip& clip) {
  const auto& rate = clip.video.frame_rate;
  if (!clip.frames || !rate || rate->num <= 0 || rate->den <= 0) return std::nullopt;
  return double(*clip.frames) / rate->value();
}

std::string base_note(const SampledClip& clip, const Options& options) {
  const std::optional<double> seconds = seconds_read(clip);
  std::string length;
  if (clip.video.duration_s) {
    length = fmt::format("{} s", seconds_text(*clip.video.duration_s));
  } else if (seconds) {
    length = fmt::format("about {} s", seconds_text(*seconds));
  } else {
    length = "a clip of unknown length";
  }
  return fmt::format("--fps auto took {} samples a second for {}",
                     shortest_text(options.fps.value()), length);
}

std::string refined_note(const Report& report) {
  if (report.refined.empty()) return "no pair of samples left a doubt that more would settle";
  int added = 0;
  for (const Report::Refined& one : report.refined) added += one.samples;
  const Report::Refined& first = report.refined.front();
  return fmt::format(
      "{} further sample{} between {} pair{}, the first {} between {} s and {} s ({})", added,
      added == 1 ? "" : "s", report.refined.size(), report.refined.size() == 1 ? "" : "s",
      first.samples, seconds_text(first.start_s), seconds_text(first.end_s), first.why);
}

}  // namespace

Result<Report> validate_automatically(const Source& source, const Run& run) {
  constexpr double kUsualClip_s = 8;  // of which a clip of unknown length may be one
  const auto start = Clock::now();
  Options at_base = run.options;
  const Run own{run.chosen, at_base, run.prompt, run.stop};
  VIDEOGEN_TRY(const media::VideoInfo info, media::probe(source.path, at_base.limits));
  at_base.fps = base_rate(info.duration_s.value_or(kUsualClip_s), info.frame_rate);
  VIDEOGEN_TRY(Reading reading, read_at_base_rate(source, own));
  // Shorter than it seemed: the rate of its true length takes what it needs.
  if (const auto seconds = seconds_read(reading.clip)) {
    const media::Rational better = base_rate(*seconds, info.frame_rate);
    if (better.value() >= 2 * at_base.fps.value()) {
      at_base.fps = better;
      VIDEOGEN_TRY(reading, read_at_base_rate(source, own));
    }
  }
  const std::string note = base_note(reading.clip, at_base);
  // Measures and curves are of the base rate's samples: those lie evenly, and nothing that was
  // looked into more closely weighs more.
  VIDEOGEN_TRY(Report report, reading.validation.finish(source, 0, std::move(reading.clip)));
  const std::vector<Doubt> doubts =
      doubts_of(reading.timeline, report.analysis ? &*report.analysis : nullptr, at_base.threshold,
                at_base.multi_shot);
  VIDEOGEN_TRY(report.refined,
               refine({source.path, *run.chosen.embedder, at_base.threshold, at_base.limits},
                      doubts, reading.timeline, run.stop));
  reading.timeline.move_into(report);
  report.notes.push_back(fmt::format("{}; {}", note, refined_note(report)));
  judge(report);
  report.timing_s.total = std::chrono::duration<double>(Clock::now() - start).count();
  return report;
}

}  // namespace videogen::coherence
