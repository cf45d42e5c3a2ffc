#include "coherence/measures/curves.h"

#include <cmath>
#include <utility>

namespace videogen::coherence {
namespace {

template <class Value>
Curve curve(const Series& series, std::string name, std::string unit, std::size_t begin,
            const Value& value) {
  Curve curve{std::move(name), std::move(unit), {}, {}};
  for (std::size_t i = begin; i < series.size(); ++i) {
    curve.times_s.push_back(series.frames[i].time_s);
    curve.values.push_back(value(i));
  }
  return curve;
}

}  // namespace

std::vector<Curve> curves_of(const Observed& seen) {
  const Series& series = seen.series;
  return {
      curve(series, "brightness", "mean luma, 0…255", 0,
            [&](std::size_t i) { return double(series.frames[i].facts.luma); }),
      curve(series, "residual", "what motion does not explain, levels of 255", 1,
            [&](std::size_t i) { return double(series.steps[i].residual); }),
      curve(series, "motion", "pixels a frame at 180 lines", 1,
            [&](std::size_t i) { return double(series.steps[i].motion); }),
      curve(
          series, "fine detail", "mean absolute Laplacian at 360 lines", 0,
          [&](std::size_t i) { return std::exp(double(series.frames[i].facts.fine_texture)) - 1; }),
  };
}

}  // namespace videogen::coherence
