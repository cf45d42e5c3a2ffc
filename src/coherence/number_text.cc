#include "coherence/number_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace videogen::coherence {

std::string seconds_text(double seconds) {
  std::string text = fmt::format("{:.3f}", seconds);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string similarity_text(double similarity, double threshold) {
  constexpr int kMostDigits = 17;
  for (int digits = 3;; ++digits) {
    std::string text = fmt::format("{:.{}f}", similarity, digits);
    double shown = 0;
    std::from_chars(text.data(), text.data() + text.size(), shown);
    if ((shown < threshold) == (similarity < threshold) || digits == kMostDigits) return text;
  }
}

std::string brief_text(double value, std::optional<double> gate) {
  constexpr int kMostDigits = 17;
  if (value == 0 || !std::isfinite(value)) return fmt::format("{}", value == 0 ? 0.0 : value);
  const int before_point = static_cast<int>(std::floor(std::log10(std::abs(value)))) + 1;
  for (int digits = 3;; ++digits) {
    std::string text = fmt::format("{:.{}f}", value, std::max(digits - before_point, 0));
    double shown = 0;
    std::from_chars(text.data(), text.data() + text.size(), shown);
    const bool misleads =
        gate && ((shown < *gate) != (value < *gate) || (shown > *gate) != (value > *gate));
    if (misleads && digits < kMostDigits) continue;
    if (text.find('.') != std::string::npos) text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
  }
}

std::string shortest_text(double value) { return fmt::format("{}", value); }

}  // namespace videogen::coherence
