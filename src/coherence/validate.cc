#include "coherence/validate.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "coherence/clip_report_internal.h"
#include "coherence/judge.h"

namespace videogen::coherence {
namespace {

using Done = std::function<void(std::size_t, Result<Report>)>;

// Clip by clip: the rate of each is its own.
void validate_each(std::span<const Source> sources, const Run& run, const Done& done) {
  for (std::size_t i = 0; i < sources.size() && !run.stop.stop_requested(); ++i) {
    Options own = run.options;
    if (run.options.progress)
      own.progress = [&](const Progress& progress) {
        run.options.progress({i, progress.samples, progress.total});
      };
    Result<Report> report =
        validate_automatically(sources[i], {run.chosen, own, run.prompt, run.stop});
    if (!report) report = tl::unexpected(named_by_caller(std::move(report).error(), sources[i]));
    done(i, std::move(report));
  }
}

void validate_together(std::span<const Source> sources, const Run& run, const Done& done) {
  Validation validation(run);
  EmbeddingSink sink;
  sink.sample = [&](double time_s, std::span<const float> row) { validation.add(time_s, row); };
  sink.progress = run.options.progress;
  sink.clip_done = [&](std::size_t i, Result<SampledClip> clip) {
    Result<Report> report = validation.finish(sources[i], i, std::move(clip));
    if (report) judge(*report);
    done(i, std::move(report));
  };
  embed_clips(sources, *run.chosen.embedder, reading_of(run.options), sink, run.stop,
              run.options.fitted);
}

}  // namespace

void validate_all(std::span<const Source> sources, const embed::Chosen& embedder,
                  const Options& options, const Done& done, std::stop_token stop) {
  VIDEOGEN_CHECK(embedder.embedder != nullptr, "an embedder was chosen");
  std::optional<Prompt> prompt;
  Status ready = check(options);
  if (ready) {
    Result<std::optional<Prompt>> read = prompt_of(options, *embedder.embedder, stop);
    if (read) {
      prompt = *std::move(read);
    } else {
      ready = tl::unexpected(std::move(read).error());
    }
  }
  if (!ready) {
    const bool interrupted = ready.error().code == ErrorCode::interrupted;
    const std::size_t told =
        interrupted ? std::min<std::size_t>(1, sources.size()) : sources.size();
    for (std::size_t i = 0; i < told; ++i) done(i, tl::unexpected(ready.error()));
    return;
  }
  const Run run{embedder, options, prompt ? &*prompt : nullptr, std::move(stop)};
  if (options.sampling == Sampling::automatic) {
    validate_each(sources, run, done);
  } else {
    validate_together(sources, run, done);
  }
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
