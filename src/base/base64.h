// Base64 (RFC 4648, section 4): bytes as text, for data: URIs and digests in web pages.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace videogen {

// With padding, no line breaks.
[[nodiscard]] std::string base64(std::string_view bytes);
// The bytes; nullopt if the text is not what base64() writes.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace videogen
