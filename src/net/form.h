// Text of URLs and forms (WHATWG URL, section 5; RFC 3986, section 2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_exchange.h"

namespace videogen::net {

// %XX becomes the byte it stands for; a % that starts nothing stays.
[[nodiscard]] std::string percent_decoded(std::string_view text);
// Everything but letters, digits and -._~ becomes %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

// "a=1&b=x%20y+z", as a query or as application/x-www-form-urlencoded.
[[nodiscard]] Parameters parse_form(std::string_view text);

// The segments of a path, each decoded: "/b//o%2Fx" gives "b", "", "o/x".
[[nodiscard]] std::vector<std::string> decoded_segments(std::string_view path);

// The value of a parameter of a header, unquoted: `boundary` of `multipart/mixed; boundary="x"`.
[[nodiscard]] std::optional<std::string> header_parameter(std::string_view header,
                                                          std::string_view name);
// A header's value before its parameters, in lower case: "multipart/mixed".
[[nodiscard]] std::string media_type(std::string_view header);

}  // namespace videogen::net
