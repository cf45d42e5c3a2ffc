// Cadence: how often a new picture comes while things move, and in which pattern.
//
// A picture is held where even the busiest blocks change by less than a fifth of what the busier
// steps within 0.6 s do. Animation on twos is intent, and telecine (24 pictures a second spread
// over 30 or 60 frames) is no defect either; "irregular" is no defect by itself, but what
// dropped and doubled frames look like.
#include <cstddef>
#include <vector>

#include "coherence/measures/list.h"
#include "coherence/measures/reduce_internal.h"
#include "coherence/neighbourhood.h"

namespace videogen::coherence {
namespace {

enum class Step { fresh, held, still };

std::vector<Step> steps_of(const Series& series) {
  std::vector<Step> steps(series.size(), Step::still);
  const auto reach = std::ptrdiff_t(series.span(0.6, 5));
  const auto busy = [&](std::size_t i) { return series.steps[i].busy_difference; };
  for (std::size_t t = 1; t < series.size(); ++t) {
    const auto place = std::ptrdiff_t(t);
    const float moving = percentile_of(values_around(place - reach, place + reach + 1, 1,
                                                     std::ptrdiff_t(series.size()), -1, -2, busy),
                                       0.75);
    if (moving < 2 * kCodecNoise) continue;
    steps[t] = busy(t) < std::max(kCodecNoise, 0.2F * moving) ? Step::held : Step::fresh;
  }
  return steps;
}

// For how many frames each picture is shown that is followed by a new one; what is held for
// over 0.3 s is a freeze and says nothing of the cadence.
std::vector<std::size_t> holds_of(const Series& series) {
  const std::vector<Step> steps = steps_of(series);
  const std::size_t longest = series.span(0.3, 4);
  std::vector<std::size_t> holds;
  std::size_t length = 0;  // 0: no picture began in this stretch
  for (std::size_t t = 1; t < steps.size(); ++t) {
    if (steps[t] == Step::still) {
      length = 0;
    } else if (steps[t] == Step::held) {
      if (length > 0) ++length;
    } else {
      if (length > 0 && length <= longest) holds.push_back(length);
      length = 1;
    }
  }
  return holds;
}

double share_of(const std::vector<std::size_t>& holds, std::size_t length) {
  return double(std::ranges::count(holds, length)) / double(holds.size());
}

// 24 a second in 60 frames: held for two and three in turn.
bool is_two_three(const std::vector<std::size_t>& holds) {
  std::size_t turns = 0;
  for (std::size_t i = 1; i < holds.size(); ++i)
    if (holds[i] + holds[i - 1] == 5 && (holds[i] == 2 || holds[i] == 3)) ++turns;
  return double(turns) >= 0.8 * double(holds.size() - 1);
}

// 24 a second in 30 frames: every fourth picture is held for two.
bool is_one_in_five(const std::vector<std::size_t>& holds) {
  std::vector<std::size_t> doubled;
  for (std::size_t i = 0; i < holds.size(); ++i)
    if (holds[i] == 2) doubled.push_back(i);
  if (doubled.size() < 2 || share_of(holds, 1) + share_of(holds, 2) < 0.95) return false;
  std::size_t regular = 0;
  for (std::size_t i = 1; i < doubled.size(); ++i)
    if (doubled[i] - doubled[i - 1] == 4) ++regular;
  return double(regular) >= 0.8 * double(doubled.size() - 1);
}

const char* name_of(const std::vector<std::size_t>& holds) {
  if (share_of(holds, 1) >= 0.9) return "every frame new";
  if (share_of(holds, 2) >= 0.8) return "on twos";
  if (share_of(holds, 3) >= 0.8) return "on threes";
  if (is_two_three(holds) || is_one_in_five(holds)) return "3:2 pulldown";
  return "irregular";
}

Measure measure(const Observed& seen) {
  constexpr std::size_t kLeast = 6;  // pictures that show a pattern
  const double interval = seen.series.interval_s();
  const std::vector<std::size_t> holds = holds_of(seen.series);
  if (holds.size() < kLeast || !(interval > 0))
    return not_measured("too few pictures change for a cadence");
  std::size_t frames = 0;
  for (const std::size_t length : holds) frames += length;
  Measure measure = measured(double(holds.size()) / (double(frames) * interval));
  measure.label = name_of(holds);
  measure.detail = {{"held_share", 1 - double(holds.size()) / double(frames)}};
  return measure;
}

}  // namespace

const MeasureEntry kCadence{
    .name = "cadence",
    .needs = kLuma,
    .unit = "new pictures a second while something moves",
    .least = 0,
    .most = std::nullopt,
    .source = "ours",
    .text =
        "How often a new picture comes: every frame new, on twos, on threes, 3:2 pulldown or "
        "irregular. Animation on twos and telecine are meant so; irregular is what dropped and "
        "doubled frames look like.",
    .measure = measure,
};

}  // namespace videogen::coherence
