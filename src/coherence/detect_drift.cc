// Drift: exposure or colour slowly leave where they began and do not come back.
//
// Evidence: the steps' shifts along motion, as in detect_flicker, taken over half seconds; the
// median half second times their number is what the whole clip drifts by, whatever fades in at
// its start or jumps once. Fooled by: dusk, a camera that turns into the shade.
#include <algorithm>
#include <array>
#include <cmath>

#include "coherence/detectors.h"
#include "coherence/neighbourhood.h"

namespace videogen::coherence {
namespace {

struct Leaving {
  const char* name;
  float (*shift)(const Match&);
};

}  // namespace

Findings detect_drift(const Series& series) {
  Findings findings;
  const std::size_t half_second = series.span(0.5, 2);
  if (series.size() < 2 * half_second + 1) return findings;
  constexpr std::array kWhat{
      Leaving{"brightness", [](const Match& m) { return m.luma_shift; }},
      Leaving{"blue", [](const Match& m) { return m.cb_shift / 64; }},
      Leaving{"red", [](const Match& m) { return m.cr_shift / 64; }},
  };
  for (const Leaving& what : kWhat) {
    std::vector<float> parts;
    for (std::size_t t = 1; t + half_second <= series.size(); t += half_second) {
      float sum = 0;
      for (std::size_t i = t; i < t + half_second; ++i) sum += what.shift(series.steps[i]);
      parts.push_back(sum);
    }
    // From where it starts to drift: the best tail of the clip.
    for (std::size_t begin = 0; begin + 2 <= parts.size(); ++begin) {
      const std::vector<float> tail(parts.begin() + std::ptrdiff_t(begin), parts.end());
      const float middle = median_of(tail);
      const float total = std::fabs(middle) * float(tail.size());
      const float spread = scatter_of(tail) / std::sqrt(float(tail.size())) * float(tail.size());
      const float ratio = total / (0.04F + spread);
      if (ratio <= 0) continue;
      findings.push_back({begin * half_second + 1,
                          series.size() - 1,
                          std::log(double(ratio)),
                          {{what.name, std::copysign(total, middle)}}});
    }
  }
  return without_overlaps(std::move(findings), 0);
}

}  // namespace videogen::coherence
