// A row of numbers as a row of block characters.
#pragma once

#include <optional>
#include <span>
#include <string>

namespace videogen::coherence {

// One character a value from ▁ (at most `low`) to █ (at least `high`), "·" where there is
// none. More values than `columns` share: each character shows the lowest of its own.
[[nodiscard]] std::string sparkline(std::span<const std::optional<double>> values, double low,
                                    double high, int columns);

}  // namespace videogen::coherence
