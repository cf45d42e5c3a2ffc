// A morph: something melts, vanishes, appears or turns into something else, without a cut, and
// stays so.
//
// Evidence: what a classifier says of the places that fail to be found again on both sides of
// some tenths of a second (change_map.h), agreed on by at least two neighbouring pairs of frames
// at one place. Fooled by: things that come out from behind others at one place, water, smoke
// and fire, captions that pop up.
#include <algorithm>
#include <cmath>
#include <optional>

#include "coherence/detectors.h"
#include "coherence/morph_model.h"

namespace videogen::coherence {
namespace {

// The candidates of one pair of frames.
struct Moment {
  std::size_t first = 0, last = 0;
  std::vector<const Change*> places;
  std::vector<float> logits;
};

std::vector<Moment> moments_of(const Series& series) {
  std::vector<Moment> moments;
  for (const Change& change : series.changes) {
    if (moments.empty() || moments.back().last != change.last)
      moments.push_back({change.first, change.last, {}, {}});
    moments.back().places.push_back(&change);
    moments.back().logits.push_back(morph_logit(morph_model(), change.features));
  }
  return moments;
}

// The best logit of a moment near a place.
std::optional<float> best_near(const Moment& moment, const Change& place) {
  constexpr float kNear = 0.12F;  // of the picture's sides
  std::optional<float> best;
  for (std::size_t i = 0; i < moment.places.size(); ++i) {
    const Change& other = *moment.places[i];
    if (std::fabs(other.column - place.column) >= kNear ||
        std::fabs(other.row - place.row) >= kNear)
      continue;
    best = std::max(best.value_or(moment.logits[i]), moment.logits[i]);
  }
  return best;
}

}  // namespace

Findings detect_morph(const Series& series) {
  constexpr std::size_t kReach = 2;  // moments that may agree, before and after
  const std::vector<Moment> moments = moments_of(series);
  Findings findings;
  for (std::size_t m = 0; m < moments.size(); ++m) {
    const auto strongest = std::ranges::max_element(moments[m].logits);
    const Change& place = *moments[m].places[std::size_t(strongest - moments[m].logits.begin())];
    std::optional<float> support;
    std::size_t first = moments[m].first;
    std::size_t last = moments[m].last;
    for (std::size_t n = m > kReach ? m - kReach : 0; n <= m + kReach && n < moments.size(); ++n) {
      if (n == m) continue;
      const auto agreed = best_near(moments[n], place);
      if (!agreed) continue;
      support = std::max(support.value_or(*agreed), *agreed);
      // What both straddle lies in what they share.
      if (*agreed > 0.5F * *strongest && *strongest > 0) {
        const std::size_t later = std::max(first, moments[n].first);
        const std::size_t sooner = std::min(last, moments[n].last);
        if (later < sooner) {
          first = later;
          last = sooner;
        }
      }
    }
    const float raw =
        support ? 0.5F * *strongest + 0.5F * std::min(*strongest, *support) : 0.5F * *strongest - 1;
    findings.push_back(
        {first,
         last,
         raw,
         {{"x", place.column}, {"y", place.row}, {"residual", std::expm1(place.features[1])}}});
  }
  return without_overlaps(std::move(findings), 0);
}

}  // namespace videogen::coherence
