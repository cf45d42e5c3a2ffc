// Corruption: some blocks of the picture leave and come back within a few frames while the
// frames outside agree: lost slices, misplaced macroblocks, tearing.
//
// Evidence: Bridge::block_return over half of what the worst blocks of ordinary steps leave, or
// of the two steps before it where those leave more: what passes close by is on its way before
// it covers a place. Fooled by: small fast things (birds, sparks, rain) that flow cannot follow.
#include <algorithm>
#include <cmath>

#include "coherence/detectors.h"
#include "coherence/neighbourhood.h"

namespace videogen::coherence {

Findings detect_corruption(const Series& series) {
  constexpr std::size_t kReach = 6;
  constexpr float kOrdinary = 20;  // levels
  Findings findings;
  const auto top = [&](std::size_t i) { return series.top_blocks[i]; };
  for (const auto& [t, bridges] : series.bridges) {
    const float coming = std::max(top(t - 1), t >= 2 ? top(t - 2) : 0);
    for (std::size_t k = 1; k <= bridges.size(); ++k) {
      if (!bridges[k - 1]) continue;
      const float blocks = bridges[k - 1]->block_return;
      const float usual = std::max(coming, usual_beside(t, t + k, kReach, 1, series.size(), top));
      const float ratio = blocks / (kOrdinary + 0.5F * usual);
      if (ratio <= 0) continue;
      findings.push_back(
          {t, t + k - 1, std::log(double(ratio)), {{"blocks", blocks}, {"usual", usual}}});
    }
  }
  return without_overlaps(std::move(findings), 1);
}

}  // namespace videogen::coherence
