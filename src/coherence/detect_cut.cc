// A hard cut: neither side predicts the other along motion, and it does not come back.
//
// Evidence: the smallest of the step's residual and of the bridges over the next frames, over
// what steps around it leave, times √(1 − correlation). Gain and offset are fitted, so a lamp
// that is switched on is none. Fooled by: whip pans and close-ups that fill the picture within
// a frame (the flow fails), and by cuts between views of the same layout and light.
#include <algorithm>
#include <cmath>
#include <span>

#include "coherence/detectors.h"
#include "coherence/neighbourhood.h"

namespace videogen::coherence {

Findings detect_cut(const Series& series) {
  constexpr std::size_t kReach = 4;
  Findings findings;
  for (const auto& [t, bridges] : series.bridges) {
    const Match& step = series.steps[t];
    float least = step.residual;
    float correlation = step.correlation;
    for (const auto& bridge : std::span(bridges).first(kLongestBurst)) {
      if (!bridge) continue;
      least = std::min(least, bridge->residual);
      correlation = std::max(correlation, bridge->correlation);
    }
    const float usual = usual_beside(t, t, kReach, 1, series.size(),
                                     [&](std::size_t i) { return series.steps[i].residual; });
    const float unlike = std::sqrt(std::max(0.0F, 1 - correlation));
    const float ratio = least / (1.5F + usual) * unlike;
    if (ratio <= 0) continue;
    findings.push_back({t,
                        t,
                        std::log(double(ratio)),
                        {{"residual", least}, {"usual", usual}, {"correlation", correlation}}});
  }
  return without_overlaps(std::move(findings), 1);
}

}  // namespace videogen::coherence
