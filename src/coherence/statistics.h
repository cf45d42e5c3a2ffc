// Order statistics of small sets. Of an empty set all are 0.
#pragma once

#include <span>
#include <vector>

namespace videogen::coherence {

[[nodiscard]] float mean_of(std::span<const float> values);
// The value with `share` (0…1) of the others before it.
[[nodiscard]] float percentile_of(std::vector<float> values, double share);
// Of an even number, the mean of the two in the middle.
[[nodiscard]] float median_of(std::vector<float> values);
// Median absolute deviation from the median.
[[nodiscard]] float scatter_of(std::vector<float> values);
// Mean of the largest `share` of them, at least one.
[[nodiscard]] float mean_of_top(std::vector<float> values, double share);

}  // namespace videogen::coherence
