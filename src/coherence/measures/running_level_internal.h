// Light and colour over time, whatever moves: shifts along motion, summed.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

#include "coherence/series.h"
#include "coherence/statistics.h"

namespace videogen::coherence {

inline constexpr const char* kTooShortForMedian = "a running median needs five frames";
inline constexpr const char* kTooShortForDrift = "a drift needs two half seconds";

struct Departure {
  double size = 0;  // of the unit of the shifts
  double time_s = 0;
};

// The largest distance of the summed shifts from their median over 0.3 s to both sides (as many
// frames on either: fewer at the clip's ends). nullopt: fewer than five frames.
template <class Shift>
std::optional<Departure> largest_departure(const Series& series, const Shift& shift) {
  const std::size_t n = series.size();
  if (n < 5) return std::nullopt;
  std::vector<float> level(n, 0);
  for (std::size_t i = 1; i < n; ++i) level[i] = level[i - 1] + shift(series.steps[i]);
  const std::size_t reach = series.span(0.3, 2);
  Departure largest{0, series.frames.front().time_s};
  for (std::size_t t = 2; t + 2 < n; ++t) {
    const std::size_t side = std::min({reach, t, n - 1 - t});
    const auto middle = level.begin() + std::ptrdiff_t(t);
    const float usual =
        median_of({middle - std::ptrdiff_t(side), middle + std::ptrdiff_t(side) + 1});
    const double size = std::fabs(double(level[t]) - double(usual));
    if (size > largest.size) largest = {size, series.frames[t].time_s};
  }
  return largest;
}

// The median half second's shift times their number: fades at the ends and single jumps don't
// count. nullopt: under two half seconds.
template <class Shift>
std::optional<double> slow_drift(const Series& series, const Shift& shift) {
  const std::size_t part = series.span(0.5, 2);
  std::vector<float> parts;
  for (std::size_t t = 1; t + part <= series.size(); t += part) {
    float sum = 0;
    for (std::size_t i = t; i < t + part; ++i) sum += shift(series.steps[i]);
    parts.push_back(sum);
  }
  if (parts.size() < 2) return std::nullopt;
  const auto count = double(parts.size());
  return double(median_of(std::move(parts))) * count;
}

}  // namespace videogen::coherence
