#include "coherence/series.h"

#include <algorithm>
#include <cmath>

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

}  // namespace videogen::coherence
