#include "serve/parts.h"

#include <utility>

#include <fmt/format.h>

namespace videogen::serve {

void Routes::add(std::string_view method, std::string_view pattern, Access access, Action action,
                 std::uint64_t most_body) {
  routes_.push_back(
      {std::string(method), std::string(pattern), access, most_body, std::move(action)});
}

std::string ServiceParts::root(const net::ServerRequest& request) const {
  if (!options.root_url.empty()) return options.root_url;
  // Host was checked: it names this service.
  const std::string_view scheme = options.tls_certificate.empty() ? "http" : "https";
  return fmt::format("{}://{}", scheme, request.headers.find("Host").value_or("localhost"));
}

}  // namespace videogen::serve
