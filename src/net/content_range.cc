#include "net/content_range_internal.h"

#include <charconv>
#include <limits>

namespace videogen::net {
namespace {

// Digits at the start of the text, which are taken off it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return number;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view text) {
  if (!take(text, "bytes ")) return std::nullopt;
  ContentRange range;
  const auto first = take_number(text);
  if (!first || !take(text, "-")) return std::nullopt;
  const auto last = take_number(text);
  if (!last || *last < *first || !take(text, "/")) return std::nullopt;
  range.first = *first;
  range.last = *last;
  if (text == "*") return range;
  range.total = take_number(text);
  if (!range.total || !text.empty() || *range.total <= *last) return std::nullopt;
  return range;
}

std::optional<std::uint64_t> parse_kept_range(std::string_view text) {
  if (!take(text, "bytes=0-") && !take(text, "bytes 0-") && !take(text, "0-")) return std::nullopt;
  const auto last = take_number(text);
  if (!last || !text.empty() || *last == std::numeric_limits<std::uint64_t>::max())
    return std::nullopt;
  return *last + 1;
}

}  // namespace videogen::net
