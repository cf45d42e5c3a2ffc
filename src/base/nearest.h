// "Did you mean …?" for mistyped names.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace videogen {

// Insertions, deletions, replacements and swaps of neighbours that turn a into b (optimal
// string alignment), in bytes.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// The nearest of the candidates, if it is near enough to be what was meant: at most a third of
// the letters differ.
[[nodiscard]] std::optional<std::string> nearest(std::string_view typed,
                                                 std::span<const std::string> candidates);

}  // namespace videogen
