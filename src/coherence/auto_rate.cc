#include "coherence/auto_rate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace videogen::coherence {

double wanted_samples(double duration_s) {
  constexpr double kFewest = 16;
  constexpr double kMinute_s = 60;
  if (duration_s <= kFewest) return kFewest;
  if (duration_s <= kMinute_s) return duration_s;
  return kMinute_s * std::sqrt(duration_s / kMinute_s);
}

media::Rational base_rate(double duration_s, std::optional<media::Rational> frame_rate) {
  constexpr std::array<std::int64_t, 11> kSlow{30, 20, 15, 12, 10, 8, 6, 5, 4, 3, 2};  // 1 / …
  constexpr std::array<std::int64_t, 17> kFast{1,  2,  3,  4,  5,  6,  8,  10, 12,
                                               15, 16, 20, 24, 25, 30, 50, 60};
  const double wanted = wanted_samples(duration_s);
  const auto enough = [&](double rate) { return rate * duration_s >= wanted; };
  const auto slow =
      std::ranges::find_if(kSlow, [&](std::int64_t period) { return enough(1 / double(period)); });
  if (slow != kSlow.end()) return {1, *slow};
  const auto fast =
      std::ranges::find_if(kFast, [&](std::int64_t rate) { return enough(double(rate)); });
  const media::Rational rate{fast != kFast.end() ? *fast : kFast.back(), 1};
  const bool known = frame_rate && frame_rate->num > 0 && frame_rate->den > 0;
  if (known && frame_rate->value() < rate.value()) return *frame_rate;
  return rate;
}

}  // namespace videogen::coherence
