#include "coherence/judge.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "coherence/number_text.h"

namespace videogen::coherence {
namespace {

bool under(const Report& report, std::size_t pair) {
  const auto& similarity = report.similarities[pair];
  return similarity && *similarity < report.threshold;
}

bool taken_for_cut(const Report& report, std::size_t pair) {
  if (!report.multi_shot || !under(report, pair)) return false;
  const bool before = pair > 0 && under(report, pair - 1);
  const bool after = pair + 1 < report.similarities.size() && under(report, pair + 1);
  return !before && !after;
}

std::string at(const Report& report, std::size_t pair) {
  return fmt::format("{} s and {} s", seconds_text(report.timestamps_s[pair]),
                     seconds_text(report.timestamps_s[pair + 1]));
}

void note_uncompared(Report& report) {
  const auto missing = [](const auto& similarity) { return !similarity.has_value(); };
  const auto count = std::ranges::count_if(report.similarities, missing);
  if (count == 0) return;
  const auto first = static_cast<std::size_t>(std::ranges::find_if(report.similarities, missing) -
                                              report.similarities.begin());
  report.notes.push_back(fmt::format(
      "{} of {} pairs could not be compared, the first between {}: a flat picture has no {} "
      "descriptor",
      count, report.similarities.size(), at(report, first), report.embedder.name));
}

void fill_fields(Report& report) {
  double sum = 0;
  std::int64_t counted = 0;
  for (std::size_t pair = 0; pair < report.similarities.size(); ++pair) {
    const auto& similarity = report.similarities[pair];
    if (!similarity) continue;
    if (taken_for_cut(report, pair)) {
      report.notes.push_back(
          fmt::format("the change between {} (similarity {}) is taken for a cut and does not count "
                      "(--multi-shot)",
                      at(report, pair), similarity_text(*similarity, report.threshold)));
      continue;
    }
    sum += *similarity;
    ++counted;
    report.min_coherence = std::min(report.min_coherence.value_or(*similarity), *similarity);
    report.max_coherence = std::max(report.max_coherence.value_or(*similarity), *similarity);
    if (*similarity < report.threshold) {
      const auto first = static_cast<std::int64_t>(pair);
      report.flagged_frames.push_back({first, first + 1, *similarity});
    }
  }
  if (counted == 0) return;
  report.overall_coherence = sum / static_cast<double>(counted);
  report.validation_passed = *report.overall_coherence >= report.threshold;
}

// The sample rate that gives this clip at least two samples: `ffmpeg -vf fps=R` gives a clip
// of D seconds round(D R) of them, so 2 / D leaves half a sample to spare.
std::string advice(const Report& report) {
  const auto& source = report.source;
  if (source.frames && *source.frames < 2) return "the clip has a single frame";
  std::optional<double> seconds = source.video.duration_s;
  if (source.frames && source.video.frame_rate && source.video.frame_rate->value() > 0)
    seconds = static_cast<double>(*source.frames) / source.video.frame_rate->value();
  if (!seconds || !(*seconds > 0)) return "a higher --fps takes more";
  const double rate = std::ceil(2 / *seconds);
  if (rate > 1000) return "the clip is too short for any --fps";
  return fmt::format("the clip lasts {} s, so try --fps {:.0f}", seconds_text(*seconds), rate);
}

Reason too_few(const Report& report) {
  return {
      "too_few_samples",
      fmt::format("{} at {} a second leave{} nothing to compare: {}",
                  report.frame_count == 0 ? "no samples" : "1 sample", shortest_text(report.fps),
                  report.frame_count == 0 ? "" : "s", advice(report)),
      std::nullopt, std::nullopt};
}

Reason flagged(const Report& report, const FlaggedPair& pair) {
  const auto first = static_cast<std::size_t>(pair.first);
  return {"flagged_pair",
          fmt::format("the picture changes between {}: similarity {} is under {}{}",
                      at(report, first), similarity_text(pair.similarity, report.threshold),
                      shortest_text(report.threshold),
                      report.multi_shot ? "" : " (if a cut is meant: --multi-shot)"),
          report.timestamps_s[first], report.timestamps_s[first + 1]};
}

Reason low_mean(const Report& report) {
  return {"coherence",
          fmt::format("the mean similarity of neighbouring samples is {}, under {}",
                      similarity_text(*report.overall_coherence, report.threshold),
                      shortest_text(report.threshold)),
          report.timestamps_s.front(), report.timestamps_s.back()};
}

}  // namespace

void judge(Report& report) {
  VIDEOGEN_CHECK(
      report.similarities.size() + 1 == std::max<std::size_t>(1, report.timestamps_s.size()),
      "one similarity for each pair of neighbours");
  report.frame_count = static_cast<std::int64_t>(report.timestamps_s.size());
  note_uncompared(report);
  fill_fields(report);

  report.verdict = Verdict::unknown;
  if (report.frame_count < 2) {
    report.reasons.push_back(too_few(report));
    return;
  }
  if (!report.overall_coherence) {
    report.reasons.push_back(
        {"not_comparable", "no pair of neighbouring samples could be compared (the notes say why)",
         report.timestamps_s.front(), report.timestamps_s.back()});
    return;
  }
  if (!*report.validation_passed) report.reasons.push_back(low_mean(report));
  for (const FlaggedPair& pair : report.flagged_frames)
    report.reasons.push_back(flagged(report, pair));
  report.verdict = report.reasons.empty() ? Verdict::pass : Verdict::fail;
}

}  // namespace videogen::coherence
