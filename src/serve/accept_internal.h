// What a caller would like to get.
#pragma once

#include <string_view>

#include "net/http_exchange.h"

namespace videogen::serve {

// How much a type is wanted, 0 to 1, by an Accept header (RFC 9110, section 12.5.1).
[[nodiscard]] double accept_quality(std::string_view accept, std::string_view type);

// A browser that opens a page: HTML rather than JSON.
[[nodiscard]] bool prefers_html(const net::ServerRequest& request);

}  // namespace videogen::serve
