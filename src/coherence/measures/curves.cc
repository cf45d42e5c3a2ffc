#include "coherence/measures/curves.h"

#include <cmath>
#include <optional>
#include <span>
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

// Of those samples that have a value.
Curve of_samples(const SampleSeries& samples, std::string name, std::string unit,
                 std::span<const std::optional<double>> values) {
  Curve curve{std::move(name), std::move(unit), {}, {}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i]) continue;
    curve.times_s.push_back(samples.times_s[i]);
    curve.values.push_back(*values[i]);
  }
  return curve;
}

}  // namespace

std::vector<Curve> curves_of(const Observed& seen) {
  const Series& series = seen.series;
  std::vector<Curve> curves{
      curve(series, "brightness", "mean luma, 0…255", 0,
            [&](std::size_t i) { return double(series.frames[i].facts.luma); }),
      curve(series, "residual", "what motion does not explain, levels of 255", 1,
            [&](std::size_t i) { return double(series.steps[i].residual); }),
      curve(series, std::string(kMotionCurve), "pixels a frame at 180 lines", 1,
            [&](std::size_t i) { return double(series.steps[i].motion); }),
      curve(
          series, "fine detail", "mean absolute Laplacian at 360 lines", 0,
          [&](std::size_t i) { return std::exp(double(series.frames[i].facts.fine_texture)) - 1; }),
  };
  Curve to_first = of_samples(seen.samples, "similarity to the first sample", "cosine, −1…1",
                              seen.samples.to_first);
  if (to_first.values.size() > 1) curves.push_back(std::move(to_first));
  if (seen.prompt != nullptr) {
    Curve prompt = of_samples(seen.samples, "nearness to the prompt", "cosine, relative",
                              seen.prompt->cosines);
    if (prompt.values.size() > 1) curves.push_back(std::move(prompt));
  }
  return curves;
}

}  // namespace videogen::coherence
