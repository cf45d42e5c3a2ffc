// From values of frames, steps or findings to one number.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>

#include "coherence/detectors.h"
#include "coherence/measures/list.h"

namespace videogen::coherence {

inline constexpr const char* kSingleFrame = "a single frame has no neighbour";
inline constexpr const char* kNoFrame = "there is no frame";

// Levels of 255 that an encoder adds to a frame that repeats the one before.
inline constexpr float kCodecNoise = 0.35F;

// Mean of value(i) over the steps i = 1, 2, …; needs two frames.
template <class Value>
Measure mean_of_steps(const Series& series, const Value& value) {
  if (series.size() < 2) return not_measured(kSingleFrame);
  double sum = 0;
  for (std::size_t i = 1; i < series.size(); ++i) sum += double(value(i));
  return measured(sum / double(series.size() - 1));
}

// Share of the frames that are so.
template <class Test>
Measure share_of_frames(const Series& series, const Test& is_so) {
  if (series.size() == 0) return not_measured(kNoFrame);
  const auto count = std::ranges::count_if(series.frames, is_so);
  return measured(double(count) / double(series.size()));
}

// The largest statistic of a detector, wherever it is, with its time; of its findings only those
// whose detail has `name`, where one is given. nullopt: there is none.
struct Largest {
  double raw = 0;
  double time_s = 0;
};
inline std::optional<Largest> largest_finding(const Series& series, const Findings& findings,
                                              std::string_view name = {}) {
  std::optional<Largest> largest;
  for (const Finding& finding : findings) {
    const bool meant = name.empty() || std::ranges::any_of(finding.detail, [&](const auto& entry) {
                         return entry.first == name;
                       });
    if (meant && (!largest || finding.raw > largest->raw))
      largest = Largest{finding.raw, series.frames[finding.first].time_s};
  }
  return largest;
}

// exp(raw) of the largest, with its time in the detail; `nothing` where nothing was found.
inline Measure ratio_of(const std::optional<Largest>& largest, double nothing) {
  if (!largest) return measured(nothing);
  Measure measure = measured(std::exp(largest->raw));
  measure.detail = {{"at_s", largest->time_s}};
  return measure;
}

// The largest statistic of detect_noise that is one of `what`: "noise", "blur".
inline Measure burst_of(const Series& series, std::string_view what) {
  if (series.size() < 5) return not_measured("a burst needs two frames on both sides of it");
  return ratio_of(largest_finding(series, detect_noise(series), what), 0);
}

}  // namespace videogen::coherence
