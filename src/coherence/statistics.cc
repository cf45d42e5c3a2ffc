#include "coherence/statistics.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace videogen::coherence {

float mean_of(std::span<const float> values) {
  if (values.empty()) return 0;
  double sum = 0;
  for (const float value : values) sum += double(value);
  return float(sum / double(values.size()));
}

float percentile_of(std::vector<float> values, double share) {
  if (values.empty()) return 0;
  const auto place = std::min(values.size() - 1, std::size_t(share * double(values.size())));
  std::ranges::nth_element(values, values.begin() + std::ptrdiff_t(place));
  return values[place];
}

float median_of(std::vector<float> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

float scatter_of(std::vector<float> values) {
  const float middle = median_of(values);
  for (float& value : values) value = std::fabs(value - middle);
  return median_of(std::move(values));
}

float mean_of_top(std::vector<float> values, double share) {
  if (values.empty()) return 0;
  const auto count = std::clamp(std::size_t(std::lround(share * double(values.size()))),
                                std::size_t{1}, values.size());
  std::ranges::nth_element(values, values.begin() + std::ptrdiff_t(count) - 1,
                           std::ranges::greater{});
  return mean_of(std::span(values).first(count));
}

}  // namespace videogen::coherence
