// Base64 (RFC 4648, section 4): bytes as text, for data: URIs and digests in web pages.
#pragma once

#include <string>
#include <string_view>

namespace videogen {

// With padding, no line breaks.
[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace videogen
