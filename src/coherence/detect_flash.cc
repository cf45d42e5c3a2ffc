// A flash: most of the picture leaves within a frame and is back, as it was, up to four frames
// later.
//
// Evidence: the smaller of the two edges (40th percentile of the blocks' residuals, without a
// fit of gain: a flash of light counts) over the bridge between the frames outside. What a
// modest change of gain explains is flicker. Fooled by:
// real photographers, lightning; a burst of noise of a few frames, which detect_noise knows
// better.
#include <algorithm>
#include <cmath>

#include "coherence/detectors.h"
#include "coherence/neighbourhood.h"

namespace videogen::coherence {

namespace {

// The same picture, somewhat brighter or darker.
bool is_flicker(const Match& step) {
  constexpr float kModest = 0.45F;  // of ln(brightness)
  return std::fabs(step.luma_shift) < kModest && step.residual < 0.35F * step.raw_residual;
}

}  // namespace

Findings detect_flash(const Series& series) {
  constexpr std::size_t kReach = 4;
  constexpr std::size_t kLongest = kLongestBurst;
  Findings findings;
  for (const auto& [t, bridges] : series.bridges) {
    for (std::size_t k = 1; k <= kLongest; ++k) {
      if (!bridges[k - 1] || is_flicker(series.steps[t])) continue;
      const float edge = std::min(series.steps[t].quiet_raw, series.steps[t + k].quiet_raw);
      const float usual = usual_beside(t, t + k, kReach, 1, series.size(),
                                       [&](std::size_t i) { return series.steps[i].quiet_raw; });
      const float across = bridges[k - 1]->quiet_raw;
      const float ratio = edge / (1.5F + across + usual);
      if (ratio <= 0) continue;
      findings.push_back({t,
                          t + k - 1,
                          std::log(double(ratio)),
                          {{"edge", edge}, {"across", across}, {"usual", usual}}});
    }
  }
  return without_overlaps(std::move(findings), 1);
}

}  // namespace videogen::coherence
