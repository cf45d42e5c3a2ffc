// Drift: exposure or colour slowly leave where they began and do not come back.
//
// Evidence: the steps' shifts along motion, as in detect_flicker, taken over half seconds; the
// median half second times their number is what the whole clip drifts by, whatever fades in at
// its start or jumps once. Colours hardly move in sound clips; brightness does where much passes
// by, so what the blocks disagree about counts against it. It begins at the step from which the
// median rate explains the rest better than rest does. Fooled by: dusk, a camera that turns into
// the shade.
#include <algorithm>
#include <array>
#include <cmath>

#include "coherence/detectors.h"
#include "coherence/neighbourhood.h"

namespace videogen::coherence {
namespace {

struct Leaving {
  const char* name;
  float ordinary;  // what sound clips leave by, too
  float (*shift)(const Match&);
  float (*doubt)(const Match&);
};

// Sums over each half second.
std::vector<float> parts_of(const Series& series, std::size_t half_second,
                            float (*value)(const Match&)) {
  std::vector<float> parts;
  for (std::size_t t = 1; t + half_second <= series.size(); t += half_second) {
    float sum = 0;
    for (std::size_t i = t; i < t + half_second; ++i) sum += value(series.steps[i]);
    parts.push_back(sum);
  }
  return parts;
}

// The step from which on `rate` a step fits all that follows better than nothing does.
std::size_t onset(const Series& series, float rate, float (*shift)(const Match&)) {
  std::size_t best = series.size() - 1;
  float sum = 0;
  float least = 0;
  for (std::size_t t = series.size() - 1; t >= 1; --t) {
    const float step = shift(series.steps[t]);
    sum += std::fabs(step - rate) - std::fabs(step);
    if (sum < least) {
      least = sum;
      best = t;
    }
  }
  return best;
}

}  // namespace

Findings detect_drift(const Series& series) {
  Findings findings;
  const std::size_t half_second = series.span(0.5, 2);
  if (series.size() < 2 * half_second + 1) return findings;
  constexpr std::size_t kFewest = 4;  // half seconds, in a clip that has them
  constexpr float kDoubt = 0.05F;     // of the blocks' scatter
  constexpr std::array kWhat{
      Leaving{"brightness", 0.04F, [](const Match& m) { return m.luma_shift; },
              [](const Match& m) { return kDoubt * m.luma_scatter; }},
      Leaving{"blue", 0.02F, [](const Match& m) { return m.cb_shift / 64; },
              [](const Match&) { return 0.0F; }},
      Leaving{"red", 0.02F, [](const Match& m) { return m.cr_shift / 64; },
              [](const Match&) { return 0.0F; }},
  };
  for (const Leaving& what : kWhat) {
    const std::vector<float> parts = parts_of(series, half_second, what.shift);
    const std::vector<float> doubts = parts_of(series, half_second, what.doubt);
    const std::size_t fewest = std::min(kFewest, parts.size());
    // From where it starts to drift: the best tail of the clip.
    for (std::size_t begin = 0; begin + fewest <= parts.size(); ++begin) {
      const std::vector<float> tail(parts.begin() + std::ptrdiff_t(begin), parts.end());
      const std::vector<float> doubt(doubts.begin() + std::ptrdiff_t(begin), doubts.end());
      const auto n = float(tail.size());
      const float middle = median_of(tail);
      const float total = std::fabs(middle) * n;
      // Few half seconds know their own spread badly.
      const float spread = scatter_of(tail) * std::sqrt(n) * (1 + 2 / n) + median_of(doubt) * n;
      // All tails end where the clip does, so one of them is told.
      const float most = total / (what.ordinary + spread);
      if (most <= 0 || (!findings.empty() && std::log(double(most)) <= findings.front().raw))
        continue;
      const std::size_t first = onset(series, middle / float(half_second), what.shift);
      // What the rate does not explain to the end comes back.
      const float lasts = float(series.size() - first) / (n * float(half_second));
      const double raw = std::log(double(most * std::min(1.0F, lasts)));
      if (!findings.empty() && raw <= findings.front().raw) continue;
      findings = {{first, series.size() - 1, raw, {{what.name, std::copysign(total, middle)}}}};
    }
  }
  return findings;
}

}  // namespace videogen::coherence
