#include "coherence/measures.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "coherence/statistics.h"

namespace videogen::coherence {
namespace {

Measure make(std::string name, std::string unit, bool known, double value, std::string absent) {
  Measure measure;
  measure.name = std::move(name);
  measure.unit = std::move(unit);
  if (known) {
    measure.value = value;
  } else {
    measure.absent = std::move(absent);
  }
  return measure;
}

// Mean over the steps; needs two frames.
Measure of_steps(const Series& series, std::string name, std::string unit,
                 const std::function<double(std::size_t)>& value) {
  double sum = 0;
  for (std::size_t i = 1; i < series.size(); ++i) sum += value(i);
  const bool known = series.size() >= 2;
  return make(std::move(name), std::move(unit), known, known ? sum / double(series.size() - 1) : 0,
              "a single frame has no neighbour");
}

// Mean length of the flow, in shorter sides a second.
Measure motion(const Series& series) {
  const double interval = series.interval_s();
  Measure measure = of_steps(series, "motion", "shorter sides of the picture a second",
                             [&](std::size_t i) { return double(series.steps[i].motion); });
  if (!measure.value) return measure;
  if (!(interval > 0)) return make("motion", measure.unit, false, 0, "the frames have no times");
  *measure.value /= interval * kMotionSide;
  return measure;
}

// Share of the steps that change nothing but what an encoder adds.
Measure repeated_frames(const Series& series) {
  constexpr float kCodecNoise = 0.35F;
  return of_steps(
      series, "repeated_frames", "share of frames that repeat the one before, 0…1",
      [&](std::size_t i) { return series.steps[i].busy_difference < kCodecNoise ? 1.0 : 0.0; });
}

Measure sharpness(const Series& series) {
  std::vector<float> values;
  for (const Series::Frame& frame : series.frames)
    values.push_back(std::exp(frame.facts.fine_texture) - 1);
  return make("sharpness", "mean absolute Laplacian at 360 lines, levels of 255", !values.empty(),
              double(median_of(values)), "there is no frame");
}

Measure black(const Series& series) {
  const auto dark = std::ranges::count_if(
      series.frames, [](const Series::Frame& frame) { return frame.facts.luma_p90 < 26; });
  return make("black", "share of frames with nothing to see, 0…1", series.size() > 0,
              double(dark) / double(std::max<std::size_t>(1, series.size())), "there is no frame");
}

Curve curve(const Series& series, std::string name, std::string unit, std::size_t begin,
            const std::function<double(std::size_t)>& value) {
  Curve curve{std::move(name), std::move(unit), {}, {}};
  for (std::size_t i = begin; i < series.size(); ++i) {
    curve.times_s.push_back(series.frames[i].time_s);
    curve.values.push_back(value(i));
  }
  return curve;
}

}  // namespace

std::vector<Measure> measure_all(const Series& series) {
  return {
      of_steps(series, "warp_error", "mean squared RGB error, 0…1",
               [&](std::size_t i) { return double(series.warp_errors[i]); }),
      of_steps(series, "temporal_flickering", "VBench's score, 0…1; 1 is still",
               [&](std::size_t i) { return (255 - series.full_differences[i]) / 255; }),
      motion(series),
      repeated_frames(series),
      sharpness(series),
      black(series),
  };
}

std::vector<Curve> curves_of(const Series& series) {
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
