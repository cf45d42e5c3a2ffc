#include "cli/listen.h"

#include <fmt/format.h>

#include "cli/numbers.h"

namespace videogen::cli {

Result<Endpoint> parse_listen(const std::string& text) {
  const auto wrong = [&text] {
    return fail(ErrorCode::usage,
                fmt::format("--listen {}: expected ADDRESS:PORT, as 127.0.0.1:9100, or a port",
                            printable(text, 60)));
  };
  Endpoint endpoint{"127.0.0.1", 0};
  std::string port = text;
  if (const auto colon = text.rfind(':'); colon != std::string::npos) {
    endpoint.address = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (endpoint.address.starts_with('[') && endpoint.address.ends_with(']'))
      endpoint.address = endpoint.address.substr(1, endpoint.address.size() - 2);
    else if (endpoint.address.find(':') != std::string::npos)
      return wrong();
  }
  const auto number = parse_count("--listen", port);
  if (!number || *number > 65535) return wrong();
  if (endpoint.address == "localhost") endpoint.address = "127.0.0.1";
  endpoint.port = std::uint16_t(*number);
  return endpoint;
}

}  // namespace videogen::cli
