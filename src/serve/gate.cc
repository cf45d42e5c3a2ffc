#include "serve/gate.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "net/address_guard.h"
#include "net/form.h"
#include "serve/problem.h"

namespace videogen::serve {
namespace {

constexpr int kExitUsage = 2, kExitUnreachable = 4;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return out;
}

// "Host:8080" without the port; an IPv6 address without its brackets.
std::string host_of(std::string_view authority) {
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    return end == std::string_view::npos ? "" : lower(authority.substr(1, end - 1));
  }
  return lower(authority.substr(0, authority.find(':')));
}

std::string_view authority_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  return url.substr(0, url.find('/'));
}

std::string_view bearer(const net::ServerRequest& request) {
  const auto header = request.headers.find("Authorization");
  constexpr std::string_view kScheme = "bearer ";
  if (!header || header->size() <= kScheme.size()) return {};
  if (lower(header->substr(0, kScheme.size())) != kScheme) return {};
  std::string_view token = header->substr(kScheme.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  return token;
}

}  // namespace

bool is_loopback(std::string_view address) {
  const auto ip = net::parse_ip(address);
  if (!ip) return false;
  if (ip->family == net::Ip::Family::v4) return ip->bytes[0] == 127;
  return *ip == *net::parse_ip("::1");
}

Gate::Gate(const ServiceOptions& options, const Tokens& tokens)
    : tokens_(tokens),
      root_host_(host_of(authority_of(options.root_url))),
      root_origin_(lower(options.root_url)),
      loopback_(is_loopback(options.address)) {}

bool Gate::names_us(std::string_view host) const {
  if (host.empty()) return false;
  if (host == root_host_ || host == "localhost") return true;
  const auto ip = net::parse_ip(host);
  return ip && (is_loopback(host) || !loopback_);
}

std::optional<net::ServerResponse> Gate::refuse(const net::ServerRequest& request) const {
  if (request.headers.all("Host").size() != 1)
    return problem(400, "a request has one Host header", kExitUsage);
  const std::string_view host = *request.headers.find("Host");
  if (!names_us(host_of(host)))
    return problem(
        421,
        fmt::format("{} is no name of this service (--root-url gives it one)", printable(host, 80)),
        kExitUnreachable);
  const auto origin = request.headers.find("Origin");
  if (!origin) return std::nullopt;
  const std::string from = lower(*origin);
  const std::string own = lower(host);
  if (from == "http://" + own || from == "https://" + own || from == root_origin_)
    return std::nullopt;
  return problem(403, fmt::format("requests from pages of {} are refused", printable(*origin, 80)),
                 kExitUnreachable);
}

std::optional<std::string> Gate::tenant(const net::ServerRequest& request) const {
  if (!tokens_.any()) return std::string(kLocalTenant);
  if (request.headers.find("Authorization")) return tokens_.tenant(bearer(request));
  const std::string token = net::percent_decoded(cookie(request, kTokenCookie));
  return token.empty() ? std::nullopt : tokens_.tenant(token);
}

net::ServerResponse ask_for_token() {
  net::ServerResponse response =
      problem(401, "a token is needed: Authorization: Bearer TOKEN", kExitUnreachable);
  response.headers.add("WWW-Authenticate", "Bearer realm=\"videogen\"");
  return response;
}

std::string cookie(const net::ServerRequest& request, std::string_view name) {
  for (const auto& [field, value] : request.headers.fields()) {
    if (lower(field) != "cookie") continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const auto end = std::min(rest.find(';'), rest.size());
      std::string_view pair = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      const auto equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == name)
        return std::string(pair.substr(equals + 1));
    }
  }
  return {};
}

void add_security_headers(net::ServerResponse& response) {
  constexpr std::array<std::pair<const char*, const char*>, 6> kHeaders{
      {{"X-Content-Type-Options", "nosniff"},
       {"Referrer-Policy", "no-referrer"},
       {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"},
       {"Cross-Origin-Resource-Policy", "same-origin"},
       {"Cross-Origin-Opener-Policy", "same-origin"},
       // What one caller is told is not for the next one.
       {"Cache-Control", "no-store"}}};
  for (const auto& [name, value] : kHeaders)
    if (!response.headers.find(name)) response.headers.add(name, value);
}

}  // namespace videogen::serve
