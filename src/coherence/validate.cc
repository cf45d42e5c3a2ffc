#include "coherence/validate.h"

#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "coherence/analyse.h"
#include "coherence/judge.h"
#include "coherence/number_text.h"
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
  return {};
}

void add_notes(Report& report, const embed::Chosen& chosen, const SampledClip& clip) {
  report.notes = chosen.notes;
  for (const media::Damage& damage : clip.damage)
    report.notes.push_back(
        fmt::format("damaged at {} s: {}", seconds_text(damage.time_s), damage.message));
}

Report make_report(const Source& source, const embed::Chosen& chosen, const Options& options,
                   SampledClip clip, const SampleSeries& samples) {
  Report report;
  report.fps = options.fps.value();
  report.profile = options.profile;
  report.multi_shot = options.multi_shot;
  report.threshold = options.threshold;
  report.embedder = chosen.embedder->identity();
  report.embedder_why = chosen.why;
  report.timing_s = {clip.decode_s, clip.embed_s, clip.analyse_s, clip.total_s};
  report.similarities = samples.to_previous;
  report.timestamps_s = samples.times_s;
  add_notes(report, chosen, clip);
  report.source = {source.uri, std::move(clip.sha256), std::move(clip.video), clip.frames};
  if (clip.series) report.analysis = analyse({*clip.series, samples});
  judge(report);
  return report;
}

}  // namespace

void validate_all(std::span<const Source> sources, const embed::Chosen& embedder,
                  const Options& options,
                  const std::function<void(std::size_t, Result<Report>)>& done,
                  std::stop_token stop) {
  VIDEOGEN_CHECK(embedder.embedder != nullptr, "an embedder was chosen");
  if (const Status checked = check(options); !checked) {
    for (std::size_t i = 0; i < sources.size(); ++i) done(i, tl::unexpected(checked.error()));
    return;
  }
  SampleWatch watch;
  EmbeddingSink sink;
  sink.sample = [&](double time_s, std::span<const float> row) { watch.add(time_s, row); };
  sink.progress = options.progress;
  sink.clip_done = [&](std::size_t i, Result<SampledClip> clip) {
    if (clip) {
      done(i, make_report(sources[i], embedder, options, *std::move(clip), watch.finish()));
    } else {
      watch = {};
      done(i, tl::unexpected(std::move(clip).error()));
    }
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
