// From values of samples to one number.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace videogen::coherence {

inline constexpr const char* kNoPair = "no two samples could be compared";

inline std::optional<double> mean_of_known(std::span<const std::optional<double>> values) {
  double sum = 0;
  std::size_t known = 0;
  for (const auto& value : values) {
    if (!value) continue;
    sum += *value;
    ++known;
  }
  return known == 0 ? std::nullopt : std::optional(sum / double(known));
}

// Where the lowest of the known values is; one of them is known.
inline std::size_t lowest_of(std::span<const std::optional<double>> values) {
  std::optional<std::size_t> lowest;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] && (!lowest || *values[i] < *values[*lowest])) lowest = i;
  return lowest.value_or(0);
}

}  // namespace videogen::coherence
