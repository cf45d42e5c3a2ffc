// A jump: frames are missing, motion leaps.
//
// Evidence: three logarithms, summed: how far the flow's length, the plain difference and the
// residual of one step stand over those of the steps beside it. A difference that a change of
// light explains is no leap. Fooled by: cuts of hand-held shake, held drawings, cadence (every
// second step is a leap there, so its neighbours' largest is what counts).
#include <algorithm>
#include <cmath>

#include "coherence/detectors.h"
#include "coherence/neighbourhood.h"

namespace videogen::coherence {
namespace {

// ln of value(t) over the largest of the values beside it, `constant` added to both.
template <class Value>
double stands_over(const Series& series, std::size_t t, float constant, const Value& value) {
  constexpr std::ptrdiff_t kReach = 5;
  const auto place = std::ptrdiff_t(t);
  std::vector<float> beside =
      values_around(place - kReach, place + kReach + 1, 1, std::ptrdiff_t(series.size()), place,
                    place, [&](std::size_t i) { return value(series.steps[i]); });
  const float usual = percentile_of(std::move(beside), 0.8);
  return std::log(double((value(series.steps[t]) + constant) / (usual + constant)));
}

// Lightning, a lamp: it need not light all of the picture alike.
bool lights_up(const Series& series, std::size_t t) {
  constexpr float kAboveBlack = 8;
  constexpr float kLight = 0.08F;  // ln of the means' ratio; what moves keeps its light
  const float before = series.frames[t - 1].facts.luma + kAboveBlack;
  const float now = series.frames[t].facts.luma + kAboveBlack;
  return std::fabs(std::log(now / before)) > kLight;
}

// The same picture in another light: the fit of gain leaves half at most.
bool is_light(const Series& series, std::size_t t) {
  constexpr float kLeft = 0.5F;
  const Match& step = series.steps[t];
  const bool shifts = std::fabs(step.luma_shift) > 0.05F + 2 * step.luma_scatter;
  return (shifts || lights_up(series, t)) && step.residual < kLeft * step.raw_residual;
}

}  // namespace

Findings detect_jump(const Series& series) {
  Findings findings;
  if (series.size() < 6) return findings;
  // Three steps on either side say what is usual, whatever the cadence.
  for (std::size_t t = 4; t + 3 < series.size(); ++t) {
    if (is_light(series, t)) continue;
    const double flow = stands_over(series, t, 0.5F, [](const Match& m) { return m.motion_p90; });
    const double change = stands_over(series, t, 1.0F, [](const Match& m) { return m.difference; });
    const double residual = stands_over(series, t, 1.0F, [](const Match& m) { return m.residual; });
    const double raw =
        0.5 * std::max(0.0, flow) + std::max(0.0, change) + 0.5 * std::max(0.0, residual);
    if (change <= 0.1) continue;
    findings.push_back({t, t, raw, {{"flow", flow}, {"change", change}, {"residual", residual}}});
  }
  return without_overlaps(std::move(findings), 2);
}

}  // namespace videogen::coherence
