// Where a server listens, as it is typed.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace videogen::cli {

struct Endpoint {
  std::string address;
  std::uint16_t port = 0;
};

// "127.0.0.1:8080", "[::1]:8080", "8080" (on loopback), "localhost:8080". Errors: usage.
[[nodiscard]] Result<Endpoint> parse_listen(const std::string& text);

}  // namespace videogen::cli
