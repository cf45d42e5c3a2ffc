// Addresses of things on the network: http://, https:// and gs://.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace videogen::net {

// An http or https address, taken apart as libcurl does it. The host is in lower case, an IPv6
// literal in brackets; numbers that mean an IPv4 address (0x7f.1) have become one.
struct Address {
  std::string scheme;  // "http", "https"
  std::string host;
  std::uint16_t port = 0;  // the scheme's own where none is written
  std::string path;        // from its slash on, as written
  std::string query;       // without the question mark
  std::string host_as_written;
  bool has_userinfo = false;
};

// Errors: usage (no address, or a scheme other than http and https).
[[nodiscard]] Result<Address> parse_address(std::string_view address);
// "https://host:port", the port left out where it is the scheme's own. Credentials belong to one.
[[nodiscard]] std::string origin(const Address& address);
// 127.0.0.0/8, ::1 and localhost, by the name alone.
[[nodiscard]] bool names_loopback(const Address& address);

// Relative to `base`, as a Location field is (RFC 3986, section 5). Errors: corrupt.
[[nodiscard]] Result<std::string> resolve_address(std::string_view base, std::string_view relative);

// For reports, logs and errors: without userinfo and fragment, and with the values of query
// parameters that grant access (signatures, tokens, keys) as "REDACTED"; safe for a terminal.
[[nodiscard]] std::string shown_address(std::string_view address);

}  // namespace videogen::net
