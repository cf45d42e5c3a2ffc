// Who gets in: what a request must be before any route sees it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/http_exchange.h"
#include "serve/parts.h"

namespace videogen::serve {

// The cookie in which the page keeps its token.
inline constexpr std::string_view kTokenCookie = "videogen_token";

class Gate {
 public:
  Gate(const ServiceOptions& options, const Tokens& tokens);

  // A request whose Host is no name of this service, or whose Origin is another place, comes
  // from a page that somebody's browser was led to: browsers can reach loopback, too. A name of
  // the service is that of --root-url, any name of this machine's loopback, and, where it
  // listens on other addresses, an address in digits: names can be made to lead anywhere.
  [[nodiscard]] std::optional<net::ServerResponse> refuse(const net::ServerRequest& request) const;

  // Whose request it is: by a bearer token or the cookie; kLocalTenant without tokens.
  [[nodiscard]] std::optional<std::string> tenant(const net::ServerRequest& request) const;

 private:
  [[nodiscard]] bool names_us(std::string_view host) const;

  const Tokens& tokens_;
  std::string root_host_, root_origin_;  // of --root-url, in lower case
  bool loopback_;                        // it listens there and nowhere else
};

// 401, asking for a bearer token.
[[nodiscard]] net::ServerResponse ask_for_token();
// The value of a cookie; empty: none.
[[nodiscard]] std::string cookie(const net::ServerRequest& request, std::string_view name);
// What every answer has, where it does not say otherwise itself.
void add_security_headers(net::ServerResponse& response);

[[nodiscard]] bool is_loopback(std::string_view address);

}  // namespace videogen::serve
