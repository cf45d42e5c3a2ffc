// Rates as they are written.
#pragma once

#include <optional>
#include <string_view>

#include "media/probe.h"

namespace videogen::media {

// A decimal number or a fraction: "1", "23.976", "30000/1001"; over 0 and at most 1000, nullopt
// for anything else. As in FFmpeg's av_d2q, terms over 1001000 give way to the nearest fraction
// with smaller ones.
[[nodiscard]] std::optional<Rational> parse_rate(std::string_view text);

}  // namespace videogen::media
