// A morph: something melts, vanishes, appears or turns into something else, without a cut, and
// stays so.
//
// Evidence: what a learned network says of the worst place of each pair of frames some tenths
// of a second apart (change_map.h, change_watch.h), as far as a neighbouring pair agrees on the
// place, less what it says of the clip at most other times: a body that moves as no flow can
// follow does so again and again. Fooled by: things that come out from behind others at one place,
// water, smoke and fire, captions that pop up.
#include <algorithm>
#include <cmath>

#include "coherence/detectors.h"
#include "coherence/statistics.h"

namespace videogen::coherence {
namespace {

bool same_place(const Change& a, const Change& b) {
  constexpr float kNear = 0.12F;  // of the picture's sides
  return std::fabs(a.column - b.column) < kNear && std::fabs(a.row - b.row) < kNear;
}

double agreed(const Change& change) {
  constexpr float kLeast = 2;  // levels that fail to both sides; a block outside has none
  if (change.residual < kLeast) return -30;
  return double(
      std::max(-30.0F, 0.5F * change.logit + 0.5F * std::min(change.logit, change.support)));
}

// What is said of the clip at other times around this one, where it has enough of them.
double usual_apart_from(const std::vector<Change>& changes, std::size_t m, const Series& series) {
  constexpr double kApart_s = 0.45;
  constexpr double kAround_s = 6;
  constexpr std::size_t kEnough = 3;
  constexpr double kShare = 0.8;
  const auto begin_s = [&](std::size_t i) { return series.frames[changes[i].first].time_s; };
  std::size_t begin = m;
  while (begin > 0 && begin_s(m) - begin_s(begin - 1) <= kAround_s) --begin;
  std::vector<float> others;
  std::vector<float> all;
  for (std::size_t i = begin; i < changes.size() && begin_s(i) - begin_s(m) <= kAround_s; ++i) {
    all.push_back(float(agreed(changes[i])));
    if (std::fabs(begin_s(i) - begin_s(m)) > kApart_s) others.push_back(all.back());
  }
  const bool enough = others.size() >= kEnough;
  return double(std::max(0.0F, percentile_of(enough ? std::move(others) : std::move(all), kShare)));
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
    const double raw = agreed(change) - usual_apart_from(changes, m, series);
    findings.push_back({first,
                        last,
                        std::max(raw, -30.0),
                        {{"x", change.column}, {"y", change.row}, {"residual", change.residual}}});
  }
  return without_overlaps(std::move(findings), 0);
}

}  // namespace videogen::coherence
