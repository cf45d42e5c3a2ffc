#include "coherence/number_text.h"

#include <charconv>

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

std::string shortest_text(double value) { return fmt::format("{}", value); }

}  // namespace videogen::coherence
