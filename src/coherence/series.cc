#include "coherence/series.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "coherence/statistics.h"

namespace videogen::coherence {

double Series::interval_s() const {
  std::vector<float> intervals;
  for (std::size_t i = 1; i < frames.size(); ++i)
    intervals.push_back(float(frames[i].time_s - frames[i - 1].time_s));
  return double(median_of(std::move(intervals)));
}

std::size_t Series::span(double seconds, std::size_t least) const {
  const double interval = interval_s();
  if (!(interval > 0)) return least;
  return std::max(least, static_cast<std::size_t>(std::lround(seconds / interval)));
}

Series tail_of(const Series& series, std::size_t first) {
  const auto from = [first](const auto& values) {
    return std::decay_t<decltype(values)>(values.begin() + std::ptrdiff_t(first), values.end());
  };
  Series tail;
  tail.frames = from(series.frames);
  tail.steps = from(series.steps);
  tail.top_blocks = from(series.top_blocks);
  tail.warp_errors = from(series.warp_errors);
  tail.full_differences = from(series.full_differences);
  for (auto bridge = series.bridges.upper_bound(first); bridge != series.bridges.end(); ++bridge)
    tail.bridges.emplace(bridge->first - first, bridge->second);
  for (const Change& change : series.changes) {
    if (change.first < first) continue;
    tail.changes.push_back(change);
    tail.changes.back().first -= first;
    tail.changes.back().last -= first;
  }
  return tail;
}

}  // namespace videogen::coherence
