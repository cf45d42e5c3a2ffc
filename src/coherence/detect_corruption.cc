// Corruption: some blocks of the picture leave and come back within a few frames while the
// frames outside agree: lost slices, misplaced macroblocks, tearing.
//
// Evidence: Bridge::block_return over what the worst blocks of ordinary steps leave. Fooled by:
// small fast things (birds, sparks, rain) that flow cannot follow.
#include <algorithm>
#include <cmath>

#include "coherence/detectors.h"
#include "coherence/neighbourhood.h"

namespace videogen::coherence {

Findings detect_corruption(const Series& series) {
  constexpr std::size_t kReach = 6;
  Findings findings;
  for (const auto& [t, bridges] : series.bridges) {
    for (std::size_t k = 1; k <= bridges.size(); ++k) {
      if (!bridges[k - 1]) continue;
      const float blocks = bridges[k - 1]->block_return;
      const float usual = usual_beside(t, t + k, kReach, 1, series.size(),
                                       [&](std::size_t i) { return series.top_blocks[i]; });
      const float ratio = blocks / (6 + usual);
      if (ratio <= 0) continue;
      findings.push_back(
          {t, t + k - 1, std::log(double(ratio)), {{"blocks", blocks}, {"usual", usual}}});
    }
  }
  return without_overlaps(std::move(findings), 1);
}

}  // namespace videogen::coherence
