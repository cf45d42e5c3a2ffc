// "bytes 0-99/1000" of a 206 (RFC 9110, section 14.4), and "bytes=0-99" of a 308.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace videogen::net {

struct ServedRange {
  std::uint64_t first = 0, last = 0;  // both included
  std::optional<std::uint64_t> total;
};
[[nodiscard]] std::optional<ServedRange> parse_served_range(std::string_view text);

// How many bytes a resumable upload has kept: of a Range field "bytes=0-k", k + 1.
[[nodiscard]] std::optional<std::uint64_t> parse_kept_range(std::string_view text);

}  // namespace videogen::net
