// A morph: something melts, vanishes, appears or turns into something else, without a cut, and
// stays so.
//
// Evidence: what a learned network says of the worst place of each pair of frames some tenths
// of a second apart (change_map.h, change_watch.h), as far as a neighbouring pair agrees on the
// place. Fooled by: things that come out from behind others at one place, water, smoke and
// fire, captions that pop up.
#include <algorithm>
#include <cmath>

#include "coherence/detectors.h"

namespace videogen::coherence {
namespace {

bool same_place(const Change& a, const Change& b) {
  constexpr float kNear = 0.12F;  // of the picture's sides
  return std::fabs(a.column - b.column) < kNear && std::fabs(a.row - b.row) < kNear;
}

}  // namespace

Findings detect_morph(const Series& series) {
  constexpr std::size_t kReach = 2;  // pairs before and after
  const std::vector<Change>& changes = series.changes;
  Findings findings;
  for (std::size_t m = 0; m < changes.size(); ++m) {
    const Change& change = changes[m];
    // What several pairs straddle lies in what they share.
    std::size_t first = change.first;
    std::size_t last = change.last;
    for (std::size_t n = m - std::min(m, kReach); n < std::min(changes.size(), m + kReach + 1);
         ++n) {
      const Change& other = changes[n];
      if (n == m || !same_place(change, other)) continue;
      if (change.logit <= 0 || other.logit <= 0.5F * change.logit) continue;
      const std::size_t later = std::max(first, other.first);
      const std::size_t sooner = std::min(last, other.last);
      if (later < sooner) {
        first = later;
        last = sooner;
      }
    }
    const double raw = 0.5 * change.logit + 0.5 * std::min(change.logit, change.support);
    findings.push_back({first,
                        last,
                        std::max(raw, -30.0),
                        {{"x", change.column}, {"y", change.row}, {"residual", change.residual}}});
  }
  return without_overlaps(std::move(findings), 0);
}

}  // namespace videogen::coherence
