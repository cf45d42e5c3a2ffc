#include "net/content_range_internal.h"

#include <charconv>
#include <limits>

#include "net/byte_range.h"

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

std::optional<ServedRange> parse_served_range(std::string_view text) {
  const auto range = parse_content_range(text);
  if (!range || !range->first || !range->last) return std::nullopt;
  return ServedRange{*range->first, *range->last, range->size};
}

std::optional<std::uint64_t> parse_kept_range(std::string_view text) {
  if (!take(text, "bytes=0-") && !take(text, "bytes 0-") && !take(text, "0-")) return std::nullopt;
  const auto last = take_number(text);
  if (!last || !text.empty() || *last == std::numeric_limits<std::uint64_t>::max())
    return std::nullopt;
  return *last + 1;
}

}  // namespace videogen::net
