// The curve of similarity against the time between two samples, and how steeply it falls.
#include <algorithm>
#include <cmath>

#include "coherence/measures/list.h"
#include "coherence/sample_series.h"

namespace videogen::coherence {
namespace {

// Slope of the least-squares line of cosine over log2(seconds).
double slope(const std::vector<Lag>& lags) {
  double x = 0;
  double y = 0;
  for (const Lag& lag : lags) {
    x += std::log2(lag.seconds);
    y += lag.cosine;
  }
  x /= double(lags.size());
  y /= double(lags.size());
  double xx = 0;
  double xy = 0;
  for (const Lag& lag : lags) {
    const double dx = std::log2(lag.seconds) - x;
    xx += dx * dx;
    xy += dx * (lag.cosine - y);
  }
  return xx > 0 ? xy / xx : 0;
}

Measure measure(const Observed& seen) {
  std::vector<Lag> lags;
  std::ranges::copy_if(seen.samples.lags, std::back_inserter(lags),
                       [](const Lag& lag) { return lag.seconds > 0; });
  if (lags.size() < 2) return not_measured("a curve over time needs three samples to compare");
  Measure measure = measured(-slope(lags));
  for (const Lag& lag : lags) measure.curve.emplace_back(lag.seconds, lag.cosine);
  return measure;
}

}  // namespace

const MeasureEntry kSimilarityOverTime{
    .name = "similarity_over_time",
    .needs = kEmbeddings,
    .unit = "cosine lost for each doubling of the time between two samples",
    .least = std::nullopt,
    .most = std::nullopt,
    .source =
        "ours; mean cosines of all pairs 1, 2, 4, 8, … samples apart, least squares over "
        "the logarithm of the time between them",
    .text =
        "How fast similarity falls with the time between two samples; the points are seconds "
        "and mean cosines. A clip that holds together falls slowly at every distance, one that "
        "drifts falls ever further, one that flickers lies low from the beginning.",
    .measure = measure,
};

}  // namespace videogen::coherence
