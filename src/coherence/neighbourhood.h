// What is usual around a place in a series.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "coherence/statistics.h"

namespace videogen::coherence {

// value(i) for i in [begin, end) ∩ [least, size), but for those in [skip_first, skip_last].
template <class Value>
std::vector<float> values_around(std::ptrdiff_t begin, std::ptrdiff_t end, std::ptrdiff_t least,
                                 std::ptrdiff_t size, std::ptrdiff_t skip_first,
                                 std::ptrdiff_t skip_last, const Value& value) {
  std::vector<float> found;
  for (std::ptrdiff_t i = std::max(begin, least); i < std::min(end, size); ++i)
    if (i < skip_first || i > skip_last) found.push_back(value(static_cast<std::size_t>(i)));
  return found;
}

// Median of value(i) over the `reach` places before `first` and the `reach` after `last`, from
// place `least` on.
template <class Value>
float usual_beside(std::size_t first, std::size_t last, std::size_t reach, std::size_t least,
                   std::size_t size, const Value& value) {
  const auto f = std::ptrdiff_t(first);
  const auto l = std::ptrdiff_t(last);
  const auto r = std::ptrdiff_t(reach);
  return median_of(
      values_around(f - r, l + r + 1, std::ptrdiff_t(least), std::ptrdiff_t(size), f, l, value));
}

}  // namespace videogen::coherence
