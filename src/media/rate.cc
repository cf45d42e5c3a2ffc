#include "media/rate.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <numeric>
#include <string>

namespace videogen::media {
namespace {

// The whole of `text` as a number.
std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "12" or "12.345" as a fraction of powers of ten; digits and one point, no sign.
std::optional<Rational> decimal(std::string_view text) {
  constexpr std::size_t kMostDigits = 15;
  const std::size_t point = text.find('.');
  std::string digits(text.substr(0, point));
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  digits += fraction;
  if (digits.empty() || digits.size() > kMostDigits) return std::nullopt;
  if (digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  const auto number = whole(digits);
  if (!number) return std::nullopt;
  std::int64_t power = 1;
  for (std::size_t i = 0; i < fraction.size(); ++i) power *= 10;
  return Rational{*number, power};
}

// The best fraction with both terms at most `most`: convergents of the continued fraction,
// the last one scaled down if that is nearer (Euclid's algorithm, as av_reduce does it).
Rational reduced(Rational value, std::int64_t most) {
  const std::int64_t common = std::gcd(value.num, value.den);
  std::int64_t num = value.num / common, den = value.den / common;
  if (num <= most && den <= most) return {num, den};
  Rational before{0, 1}, last{1, 0};
  while (den != 0) {
    std::int64_t factor = num / den;
    const std::int64_t rest = num - den * factor;
    const Rational next{factor * last.num + before.num, factor * last.den + before.den};
    if (next.num > most || next.den > most) {
      if (last.num != 0) factor = (most - before.num) / last.num;
      if (last.den != 0) factor = std::min(factor, (most - before.den) / last.den);
      if (den * (2 * factor * last.den + before.den) > num * last.den)
        last = {factor * last.num + before.num, factor * last.den + before.den};
      break;
    }
    before = last;
    last = next;
    num = den;
    den = rest;
  }
  return last;
}

}  // namespace

std::optional<Rational> parse_rate(std::string_view text) {
  constexpr std::int64_t kMostTerm = 1001000;  // what FFmpeg's fps filter parses rates with
  const std::size_t slash = text.find('/');
  auto rate = decimal(text.substr(0, slash));
  if (!rate) return std::nullopt;
  if (slash != std::string_view::npos) {
    const auto below = whole(text.substr(slash + 1));
    if (!below || *below <= 0 || *below > 1'000'000'000 || rate->den != 1) return std::nullopt;
    rate->den = *below;
  }
  if (rate->num == 0 || rate->value() > 1000) return std::nullopt;
  *rate = reduced(*rate, kMostTerm);
  if (rate->num == 0) return std::nullopt;
  return *rate;
}

}  // namespace videogen::media
