// The page keeps its token in a cookie that scripts cannot read.
#include <fmt/format.h>

#include "net/form.h"
#include "serve/accept_internal.h"
#include "serve/gate.h"
#include "serve/page_routes.h"
#include "serve/parts.h"
#include "serve/problem.h"

namespace videogen::serve {
namespace {

net::ServerResponse to_page(std::string set_cookie) {
  net::ServerResponse response;
  response.status = 303;
  response.headers.add("Location", "/");
  response.headers.add("Set-Cookie", std::move(set_cookie));
  return response;
}

std::string token_cookie(const ServiceParts& parts, std::string_view value, std::string_view more) {
  const bool secure =
      parts.options.root_url.starts_with("https://") || !parts.options.tls_certificate.empty();
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict{}{}", kTokenCookie, value,
                     secure ? "; Secure" : "", more);
}

net::ServerResponse log_in(const ServiceParts& parts, const Call& call) {
  const auto type = net::media_type(call.request.headers.find("Content-Type").value_or(""));
  if (type != "application/x-www-form-urlencoded")
    return problem(415, "the login is a form: application/x-www-form-urlencoded", 2);
  const net::Parameters form = net::parse_form(call.request.body.bytes());
  const auto token = net::find(form, "token");
  // A browser without JavaScript shows what comes back.
  const bool page = prefers_html(call.request);
  if (!token || token->empty())
    return page ? login_page(parts, "A token is needed.")
                : problem(400, "the form has no token", 2);
  if (parts.tokens.any() && !parts.tokens.tenant(*token))
    return page ? login_page(parts, "No such token.") : ask_for_token();
  return to_page(token_cookie(parts, net::percent_encoded(*token), ""));
}

}  // namespace

void add_login_routes(Routes& routes, const ServiceParts& parts) {
  constexpr std::uint64_t kMostForm = 8 << 10;
  routes.add(
      "POST", "/login", Access::everybody,
      [&parts](const Call& call) { return log_in(parts, call); }, kMostForm);
  routes.add(
      "POST", "/logout", Access::everybody,
      [&parts](const Call&) { return to_page(token_cookie(parts, "", "; Max-Age=0")); }, kMostForm);
}

}  // namespace videogen::serve
