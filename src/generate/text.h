// Text that goes to a model as a person wrote it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace videogen::generate {

// What of a text no model should get, in words: "a control character (U+0007) at byte 3", "broken
// UTF-8 at byte 3". Line ends and tabs are text. nullopt: nothing.
[[nodiscard]] std::optional<std::string> unprintable(std::string_view text);

// Unicode characters (code points) of well-formed UTF-8.
[[nodiscard]] std::size_t characters(std::string_view text);

// True where nothing but spaces, tabs and line ends is there.
[[nodiscard]] bool is_blank(std::string_view text);

}  // namespace videogen::generate
