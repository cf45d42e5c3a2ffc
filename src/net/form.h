// Text of URLs and forms (WHATWG URL, section 5; RFC 3986, section 2.1).
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace videogen::net {

// Name and value of a query or of a form, decoded, in their order.
using Parameters = std::vector<std::pair<std::string, std::string>>;
// The value of the first parameter of this name.
[[nodiscard]] std::optional<std::string_view> find(const Parameters& parameters,
                                                   std::string_view name);

// %XX becomes the byte it stands for; a % that starts nothing stays.
[[nodiscard]] std::string percent_decoded(std::string_view text);
// Everything but letters, digits and -._~ becomes %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

// "a=1&b=x%20y+z", as a query or as application/x-www-form-urlencoded.
[[nodiscard]] Parameters parse_form(std::string_view text);
// "a=b&c=d" of names and values, each encoded.
[[nodiscard]] std::string form(
    std::initializer_list<std::pair<std::string_view, std::string_view>> fields);

// The segments of a path, each decoded: "/b//o%2Fx" gives "b", "", "o/x".
[[nodiscard]] std::vector<std::string> decoded_segments(std::string_view path);

// The value of a parameter of a header, unquoted: `boundary` of `multipart/mixed; boundary="x"`.
[[nodiscard]] std::optional<std::string> header_parameter(std::string_view header,
                                                          std::string_view name);
// A header's value before its parameters, in lower case: "multipart/mixed".
[[nodiscard]] std::string media_type(std::string_view header);

}  // namespace videogen::net
