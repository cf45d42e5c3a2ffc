// Numbers as they are typed.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "media/probe.h"

namespace videogen::cli {

// `flag` is what error messages call the value: "--threshold".
// Errors (all of them): usage, with the flag, what was typed and what is allowed.

[[nodiscard]] Result<double> parse_number(std::string_view flag, std::string_view text, double low,
                                          double high);
[[nodiscard]] Result<std::uint64_t> parse_count(std::string_view flag, std::string_view text);

// A decimal number or a fraction: "1", "23.976", "30000/1001"; over 0 and at most 1000. As in
// FFmpeg's av_d2q, terms over 1001000 give way to the nearest fraction with smaller ones.
[[nodiscard]] Result<media::Rational> parse_rate(std::string_view flag, std::string_view text);

struct Size {
  int width = 0, height = 0;
};
// "WIDTHxHEIGHT"
[[nodiscard]] Result<Size> parse_size(std::string_view flag, std::string_view text);

}  // namespace videogen::cli
