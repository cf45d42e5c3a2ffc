#include "coherence/judge.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "coherence/events.h"
#include "coherence/number_text.h"

namespace videogen::coherence {
namespace {

bool under(const Report& report, std::size_t pair) {
  const auto& similarity = report.similarities[pair];
  return similarity && *similarity < report.threshold;
}

// Whether an event of one of the kinds, or of any, lies between the samples of a pair.
bool has_event_between(const Report& report, std::size_t pair, std::string_view kind = {}) {
  return std::ranges::any_of(report.analysis->events, [&](const Event& event) {
    return (kind.empty() || event.kind == kind) && event.start_s <= report.timestamps_s[pair + 1] &&
           event.end_s >= report.timestamps_s[pair];
  });
}

bool taken_for_cut(const Report& report, std::size_t pair) {
  if (!report.multi_shot) return false;
  if (report.analysis) {
    return std::ranges::any_of(report.analysis->events, [&](const Event& event) {
      if (event.kind == "dissolve")
        return event.end_s > report.timestamps_s[pair] &&
               event.start_s < report.timestamps_s[pair + 1];
      return event.kind == "cut" && event.start_s > report.timestamps_s[pair] &&
             event.start_s <= report.timestamps_s[pair + 1];
    });
  }
  if (!under(report, pair)) return false;
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

bool changes_shot(const Event& event) { return event.kind == "cut" || event.kind == "dissolve"; }

}  // namespace

bool is_defect(const Event& event, bool multi_shot) {
  if (changes_shot(event)) return !multi_shot;
  return std::ranges::find(kDefectKinds, event.kind) != kDefectKinds.end();
}

namespace {

void add_events(Report& report) {
  for (const Event& event : report.analysis->events) {
    if (!is_defect(event, report.multi_shot)) continue;
    std::string message = sentence(event);
    if (changes_shot(event)) message += " (if that is meant: --multi-shot)";
    report.reasons.push_back({event.kind, std::move(message), event.start_s, event.end_s});
  }
}

void add_gates(Report& report) {
  for (const Measure& measure : report.analysis->measures) {
    if (measure.passed().value_or(true)) continue;
    report.reasons.push_back(
        {"measure",
         fmt::format("{} is {}, {} its gate of {}", measure.name, shortest_text(*measure.value),
                     measure.passes == Measure::Passes::at_most ? "over" : "under",
                     shortest_text(*measure.gate)),
         std::nullopt, std::nullopt});
  }
}

// Every frame was looked at: a pair under the threshold is explained by an event between its
// samples, or else it may be motion as well as a defect.
void note_unexplained(Report& report) {
  for (const FlaggedPair& pair : report.flagged_frames) {
    const auto first = static_cast<std::size_t>(pair.first);
    if (has_event_between(report, first)) continue;
    report.notes.push_back(fmt::format(
        "similarity between {} is {}, under {}, but no frame between them shows a defect",
        at(report, first), similarity_text(pair.similarity, report.threshold),
        shortest_text(report.threshold)));
  }
}

bool looked_at_frames(const Report& report) {
  return report.analysis && std::ranges::any_of(report.analysis->defects, [](const auto& evidence) {
           return evidence.score.has_value();
         });
}

void judge_samples(Report& report) {
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

void judge_frames(Report& report) {
  add_events(report);
  if (report.validation_passed == false) report.reasons.push_back(low_mean(report));
  add_gates(report);
  if (report.frame_count < 2) report.notes.push_back(too_few(report).message);
  note_unexplained(report);
  report.verdict = report.reasons.empty() ? Verdict::pass : Verdict::fail;
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
  if (looked_at_frames(report)) {
    judge_frames(report);
  } else {
    judge_samples(report);
  }
}

}  // namespace videogen::coherence
