#include "coherence/events.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "coherence/calibration.h"
#include "coherence/detectors.h"
#include "coherence/number_text.h"
#include "coherence/transitions.h"

namespace videogen::coherence {
namespace {

constexpr double kWorkingPoint = 0.5;
// Of the evidence of what something else explains: it is there, and makes no event.
constexpr double kExplainedShare = 0.49;

struct Candidate {
  std::string_view kind;
  Finding finding;
  double score = 0;
};

// Damage of the first kind moves the detector of the second.
struct Explains {
  std::string_view cause, effect;
  // Also where the effect's evidence is the stronger one: it is what the cause looks like there.
  bool always = false;
};
// Without cycles: of what explains each other, nothing would be left.
constexpr std::array kExplains{
    // The two edges of what comes and goes, and the leap after a standstill.
    Explains{"flash", "cut", true},
    Explains{"freeze", "cut", true},
    Explains{"black", "cut", true},
    Explains{"corruption", "cut"},
    // Darkness that lasts is more than a dark flash.
    Explains{"black", "flash", true},
    // Mixtures, and pictures that come out of the dark.
    Explains{"dissolve", "cut", true},
    Explains{"dissolve", "flash", true},
    Explains{"dissolve", "flicker", true},
    Explains{"dissolve", "freeze", true},
    Explains{"dissolve", "corruption", true},
    Explains{"dissolve", "noise", true},
    Explains{"fade", "cut", true},
    Explains{"fade", "flash", true},
    Explains{"fade", "flicker", true},
    Explains{"fade", "noise", true},
    // All of the picture changes, and so do its brightness, its detail and its worst blocks.
    Explains{"flash", "corruption", true},
    Explains{"noise", "corruption", true},
    Explains{"black", "corruption", true},
    Explains{"cut", "flicker"},
    Explains{"flash", "flicker"},
    Explains{"noise", "flicker"},
    Explains{"black", "flicker"},
    Explains{"flash", "noise"},
    Explains{"black", "noise"},
};
// A leap, or a change for good, is what most damage looks like; each other kind says more.
constexpr std::array<std::string_view, 2> kLeast{"jump", "morph"};

bool explains(const Candidate& cause, const Candidate& effect) {
  if (cause.score < kWorkingPoint) return false;
  const auto rank = [](std::string_view kind) {
    return std::ranges::find(kLeast, kind) - kLeast.begin();
  };
  // Of each other, the weaker one is explained; else by all that are not in the list.
  if (rank(effect.kind) < std::ssize(kLeast)) {
    if (rank(cause.kind) == std::ssize(kLeast)) return true;
    return cause.score > effect.score ||
           (cause.score == effect.score && rank(cause.kind) < rank(effect.kind));
  }
  return std::ranges::any_of(kExplains, [&](const Explains& pair) {
    return pair.cause == cause.kind && pair.effect == effect.kind &&
           (pair.always || cause.score >= effect.score);
  });
}

// Frames between a cause and its effect. `reach`: between the two frames of a change map.
std::size_t slack_between(const Candidate& cause, const Candidate& effect, std::size_t reach) {
  // Touching counts: a freeze's leap is the step after its last frame.
  constexpr std::size_t kSlack = 1;
  const bool parts = cause.kind == "cut" || cause.kind == "dissolve";
  // Maps on either side of a cut are compared with others across it.
  return parts && effect.kind == "morph" ? std::max(kSlack, reach) : kSlack;
}

bool explained(const Candidate& effect, const std::vector<Candidate>& causes, std::size_t reach) {
  return std::ranges::any_of(causes, [&](const Candidate& cause) {
    const std::size_t slack = slack_between(cause, effect, reach);
    // What lasts for the rest of the clip explains nothing that happens in it.
    return cause.kind != "drift" && cause.finding.first <= effect.finding.last + slack &&
           effect.finding.first <= cause.finding.last + slack && explains(cause, effect);
  });
}

Event event_of(const Candidate& candidate, const Series& series) {
  const auto& first = series.frames[candidate.finding.first];
  const auto& last = series.frames[candidate.finding.last];
  Event event;
  event.kind = candidate.kind;
  event.start_s = first.time_s;
  event.end_s = last.time_s;
  event.first_frame = first.frame;
  event.last_frame = last.frame;
  event.score = candidate.score;
  event.detail = candidate.finding.detail;
  return event;
}

std::optional<double> detail(const Event& event, std::string_view name) {
  for (const auto& [key, value] : event.detail)
    if (key == name) return value;
  return std::nullopt;
}

std::string span_text(const Event& event) {
  if (event.end_s - event.start_s < 0.0005)
    return fmt::format("at {} s", seconds_text(event.start_s));
  return fmt::format("from {} s to {} s", seconds_text(event.start_s), seconds_text(event.end_s));
}

std::string flicker_sentence(const Event& event) {
  const auto light = detail(event, "brightness");
  const bool impulse = detail(event, "impulse").has_value();
  const double size =
      light ? *light : detail(event, "blue").value_or(detail(event, "red").value_or(0));
  const char* what = light ? "brightness" : "colour";
  // Summed logarithms: 0.1 is about a tenth.
  const int percent = std::max(1, int(std::lround(100 * std::expm1(std::fabs(size)))));
  if (impulse && light)
    return fmt::format("{} jumps by {} % {} and returns", what, percent, span_text(event));
  if (impulse) return fmt::format("{} jumps {} and returns", what, span_text(event));
  return fmt::format("{} pumps {}", what, span_text(event));
}

}  // namespace

Verdicts find_events(const Series& series, const Fitted& fitted) {
  std::vector<Candidate> candidates;
  const bool looked = series.size() >= 2;  // one frame alone is a picture
  for (const Detector& detector : all_detectors()) {
    if (!looked) break;
    const Calibration& calibration = fitted.of(detector.scale);
    for (Finding& finding : detector.detect(series)) {
      const double score = evidence(calibration, finding.raw);
      candidates.push_back({detector.kind, std::move(finding), score});
    }
  }
  for (const Transition& transition : find_transitions(series))
    candidates.push_back({transition.kind,
                          {transition.first, transition.last, 0, transition.detail},
                          transition.score});
  // What does not reach the working point explains nothing; in a long clip that is nearly all.
  std::vector<Candidate> causes;
  std::ranges::copy_if(candidates, std::back_inserter(causes),
                       [](const Candidate& one) { return one.score >= kWorkingPoint; });
  const std::size_t reach = series.span(kChangeReach_s);
  Verdicts verdicts;
  for (const std::string_view kind : kDefectKinds) {
    const bool measured = std::ranges::any_of(
        all_detectors(), [&](const Detector& detector) { return detector.kind == kind; });
    Analysis::Evidence strongest{std::string(kind), std::nullopt};
    if (measured && looked) strongest.score = 0;
    for (const Candidate& candidate : candidates) {
      if (candidate.kind != kind) continue;
      const bool counts = !explained(candidate, causes, reach);
      strongest.score = std::max(strongest.score.value_or(0),
                                 counts ? candidate.score : kExplainedShare * candidate.score);
      if (counts && candidate.score >= kWorkingPoint)
        verdicts.events.push_back(event_of(candidate, series));
    }
    verdicts.defects.push_back(std::move(strongest));
  }
  for (const Candidate& candidate : candidates)
    if (candidate.kind == "dissolve" || candidate.kind == "fade")
      verdicts.events.push_back(event_of(candidate, series));
  std::ranges::stable_sort(verdicts.events, {}, &Event::start_s);
  return verdicts;
}

std::string sentence(const Event& event) {
  const std::string when = span_text(event);
  if (event.kind == "cut") return fmt::format("the scene changes {}", when);
  if (event.kind == "dissolve") return fmt::format("the scene dissolves into another {}", when);
  if (event.kind == "fade")
    return fmt::format("the picture fades {} {}", detail(event, "in") ? "in" : "out", when);
  if (event.kind == "flash") return fmt::format("a foreign picture flashes up {}", when);
  if (event.kind == "flicker") return flicker_sentence(event);
  if (event.kind == "freeze")
    return fmt::format("the picture stands still {} while the scene moves", when);
  if (event.kind == "jump") return fmt::format("motion leaps {}: frames are missing", when);
  if (event.kind == "corruption") return fmt::format("parts of the picture are broken {}", when);
  if (event.kind == "noise") {
    return detail(event, "blur") ? fmt::format("the picture blurs {}", when)
                                 : fmt::format("noise covers the picture {}", when);
  }
  if (const auto share = detail(event, "failing"))
    return fmt::format("{:.0f} % of the picture melts into something else {}", 100 * *share, when);
  if (event.kind == "morph")
    return fmt::format("something melts or turns into something else {}", when);
  if (event.kind == "drift")
    return fmt::format("{} drifts away {} and does not come back",
                       detail(event, "brightness") ? "exposure" : "colour", when);
  if (event.kind == "black") return fmt::format("the picture is black {}", when);
  return fmt::format("{} {}", event.kind, when);
}

}  // namespace videogen::coherence
