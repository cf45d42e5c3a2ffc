// Numbers as people read them in reports. Independent of the locale.
#pragma once

#include <optional>
#include <string>

namespace videogen::coherence {

// At most three decimals, no trailing zeros: "2.48", "12".
[[nodiscard]] std::string seconds_text(double seconds);

// Three decimals, and more where fewer would put the number on the wrong side of the
// threshold: 0.84996 against 0.85 is "0.84996", not "0.850".
[[nodiscard]] std::string similarity_text(double similarity, double threshold);

// Three significant digits and no power of ten: "0.0012", "13.5", "1250". More digits where
// fewer would put the number on the wrong side of the gate, or on it.
[[nodiscard]] std::string brief_text(double value, std::optional<double> gate = std::nullopt);

// The fewest digits that read back as the same number: "0.85", "1", "29.97002997002997".
[[nodiscard]] std::string shortest_text(double value);

}  // namespace videogen::coherence
