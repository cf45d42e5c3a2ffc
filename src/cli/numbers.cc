#include "cli/numbers.h"

#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "media/rate.h"

namespace videogen::cli {
namespace {

// The whole of `text` as a number.
template <class T>
std::optional<T> whole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<double> parse_number(std::string_view flag, std::string_view text, double low, double high) {
  const auto value = whole<double>(text);
  if (!value || !(*value >= low && *value <= high)) {
    return fail(ErrorCode::usage, fmt::format("{} {}: must be a number from {} to {}", flag,
                                              printable(text, 60), low, high));
  }
  return *value;
}

Result<std::uint64_t> parse_count(std::string_view flag, std::string_view text) {
  const auto value = whole<std::uint64_t>(text);
  if (!value) {
    return fail(ErrorCode::usage,
                fmt::format("{} {}: must be a whole number from 0 to {}", flag, printable(text, 60),
                            std::numeric_limits<std::uint64_t>::max()));
  }
  return *value;
}

Result<media::Rational> parse_rate(std::string_view flag, std::string_view text) {
  const auto rate = media::parse_rate(text);
  if (rate) return *rate;
  return fail(ErrorCode::usage,
              fmt::format("{} {}: must be a rate over 0 and at most 1000, as 2, 0.5 or 30000/1001",
                          flag, printable(text, 60)));
}

Result<Size> parse_size(std::string_view flag, std::string_view text) {
  const std::size_t cross = text.find('x');
  if (cross != std::string_view::npos) {
    const auto width = whole<int>(text.substr(0, cross));
    const auto height = whole<int>(text.substr(cross + 1));
    if (width && height && *width > 0 && *height > 0) return Size{*width, *height};
  }
  return fail(ErrorCode::usage,
              fmt::format("{} {}: must be WIDTHxHEIGHT, as 640x360", flag, printable(text, 60)));
}

}  // namespace videogen::cli
