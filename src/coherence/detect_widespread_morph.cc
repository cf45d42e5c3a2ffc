// A widespread morph: much of the picture turns into something else, and goes on doing so.
//
// detect_morph looks for a place that changes while the rest of the clip is at peace. Where a
// generated clip never is, nothing stands out; but then a large part of each frame is found
// again neither some tenths of a second later nor earlier, along no motion. Evidence: the share
// of the blocks that fail to both sides, in three of four pairs over a second and more. Fooled
// by: water and fire that fill the picture, and a few frames a second of quick motion.
#include <algorithm>
#include <cmath>
#include <span>

#include "coherence/detectors.h"
#include "coherence/statistics.h"

namespace videogen::coherence {
namespace {

// Around the worst of some pairs, those that are nearly as bad.
Finding around_worst(std::span<const Change> changes) {
  constexpr float kNearly = 0.8F;
  const auto worst = std::ranges::max_element(changes, {}, &Change::failing);
  auto begin = worst;
  auto end = worst;
  while (begin != changes.begin() && std::prev(begin)->failing >= kNearly * worst->failing) --begin;
  while (std::next(end) != changes.end() && std::next(end)->failing >= kNearly * worst->failing)
    ++end;
  return {begin->first, end->last, 0, {{"failing", worst->failing}}};
}

}  // namespace

Findings detect_widespread_morph(const Series& series) {
  constexpr std::size_t kWindow = 12;  // pairs: 1.2 s and the reach of a pair
  constexpr std::size_t kFewest = 8;
  constexpr double kShare = 0.25;  // three of four pairs reach it
  const std::span<const Change> changes = series.changes;
  Findings findings;
  if (changes.size() < kFewest) return findings;
  const std::size_t count = std::min(kWindow, changes.size());
  for (std::size_t begin = 0; begin + count <= changes.size(); ++begin) {
    const std::span<const Change> window = changes.subspan(begin, count);
    std::vector<float> shares(count);
    std::ranges::transform(window, shares.begin(), &Change::failing);
    Finding finding = around_worst(window);
    finding.raw = std::log(double(percentile_of(std::move(shares), kShare)) + 0.01);
    findings.push_back(std::move(finding));
  }
  return without_overlaps(std::move(findings), 0);
}

}  // namespace videogen::coherence
