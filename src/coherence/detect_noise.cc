// A burst of noise or of blur: fine detail rises everywhere, or falls where there is texture,
// for a while, on both sides of which it is as before.
//
// Evidence: the excursion of the logarithm of the Laplacian's energy (20th percentile of the
// blocks for noise, 75th for blur, the latter against the contrast of the picture) from the
// medians of the second before and of the second after, over its unrest, as far as it comes and
// goes at once. Noise and blur leave the picture recognisable: where the frame before the burst
// is unlike it, another picture came. Fooled by: motion blur of a quick pan (it has motion),
// focus pulls.
#include <algorithm>
#include <cmath>

#include "coherence/detectors.h"
#include "coherence/neighbourhood.h"

namespace videogen::coherence {
namespace {

constexpr float kRecognisable = 0.6F;  // correlation
// Of a logarithm: turning bodies, shadows and motion blur move it by a tenth or two.
constexpr float kOrdinary = 0.15F;

struct Excursion {
  const char* name;
  float sign;  // of what counts: noise rises, blur falls
  float (*value)(const FrameFacts&);
};

void find(const Series& series, const Excursion& what, Findings& findings) {
  const auto n = std::ptrdiff_t(series.size());
  const auto side = std::ptrdiff_t(series.span(1.0, 4));
  const auto value = [&](std::size_t i) { return what.value(series.frames[i].facts); };
  std::vector<float> steps;
  for (std::size_t i = 1; i < series.size(); ++i)
    steps.push_back(std::fabs(value(i) - value(i - 1)));
  const float unrest = median_of(steps);
  std::vector<float> excursion(series.size(), 0);
  for (std::ptrdiff_t t = 0; t < n; ++t) {
    const auto before = values_around(t - side, t, 0, n, -1, -2, value);
    const auto after = values_around(t + 1, t + 1 + side, 0, n, -1, -2, value);
    if (before.size() < 2 || after.size() < 2) continue;
    const float now = value(std::size_t(t));
    const float over =
        std::min(what.sign * (now - median_of(before)), what.sign * (now - median_of(after)));
    excursion[std::size_t(t)] = std::max(0.0F, over) / (kOrdinary + 3 * unrest);
  }
  // Frames in a row that stand out at least half as much as the best of them are one burst.
  for (std::size_t t = 0; t < series.size(); ++t) {
    if (excursion[t] <= 0.3F) continue;
    std::size_t end = t;
    float best = 0;
    while (end < series.size() && excursion[end] > 0.3F) best = std::max(best, excursion[end++]);
    std::size_t first = t;
    std::size_t last = end - 1;
    while (excursion[first] < 0.5F * best) ++first;
    while (excursion[last] < 0.5F * best) --last;
    t = end;
    // It comes and goes within a frame or two; what is half way there just outside has grown.
    const float beside = std::max(first >= 2 ? excursion[first - 2] : 0,
                                  last + 2 < series.size() ? excursion[last + 2] : 0);
    best -= beside;
    if (best <= 0 || (first > 0 && series.steps[first].correlation < kRecognisable)) continue;
    findings.push_back({first, last, std::log(double(best)), {{what.name, best}}});
  }
}

}  // namespace

Findings detect_noise(const Series& series) {
  Findings findings;
  find(series, {"noise", 1, [](const FrameFacts& f) { return f.fine_floor; }}, findings);
  find(series,
       {"blur", -1, [](const FrameFacts& f) { return f.fine_texture - std::log(4 + f.spread); }},
       findings);
  return without_overlaps(std::move(findings), 1);
}

}  // namespace videogen::coherence
