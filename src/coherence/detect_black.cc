// Black: nothing to see for some frames, between frames that show something.
//
// Evidence: how far the 90th percentile of luma stays under a level that leaves shapes hardly
// visible. Fooled by: night scenes lit by small lamps only.
#include <algorithm>
#include <cmath>

#include "coherence/detectors.h"

namespace videogen::coherence {

Findings detect_black(const Series& series) {
  constexpr float kHardlyVisible = 26;  // of 255: 38 in video range
  constexpr double kShortest_s = 0.14;
  Findings findings;
  const auto bright = [&](std::size_t i) { return series.frames[i].facts.luma_p90; };
  for (std::size_t t = 0; t < series.size(); ++t) {
    if (bright(t) >= 1.5F * kHardlyVisible) continue;
    std::size_t end = t;
    float most = 0;
    while (end < series.size() && bright(end) < 1.5F * kHardlyVisible)
      most = std::max(most, bright(end++));
    double raw = std::log(double(kHardlyVisible / (most + 1)));
    // A few dark frames are a flash of darkness.
    if (double(end - t) * series.interval_s() < kShortest_s) raw -= 2;
    findings.push_back({t, end - 1, raw, {{"brightest", most}}});
    t = end;
  }
  return findings;
}

}  // namespace videogen::coherence
