#include "net/address.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/handle.h"

namespace videogen::net {
namespace {

using Url = Handle<CURLU, curl_url_cleanup>;
using Text = Handle<char, curl_free>;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string part(const Url& url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK) return {};
  const Text owned(text);
  return text;
}

// Where the parts of "scheme://userinfo@host:port/path?query#fragment" lie.
struct Written {
  std::string_view scheme, userinfo, host, rest;  // rest: from the path on
};

Written take_apart(std::string_view address) {
  Written written;
  const std::size_t scheme = address.find("://");
  if (scheme == std::string_view::npos) {
    written.rest = address;
    return written;
  }
  written.scheme = address.substr(0, scheme);
  std::string_view authority = address.substr(scheme + 3);
  const std::size_t end = std::min(authority.find_first_of("/?#"), authority.size());
  written.rest = authority.substr(end);
  authority = authority.substr(0, end);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    written.userinfo = authority.substr(0, at + 1);
    authority.remove_prefix(at + 1);
  }
  written.host = authority;
  return written;
}

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

// By the name of a query parameter. Too many are better than too few.
bool grants_access(std::string_view name) {
  constexpr std::array<std::string_view, 10> kParts{"signature", "key-pair", "token", "credential",
                                                    "passw",     "secret",   "auth",  "session",
                                                    "jwt",       "hmac"};
  constexpr std::array<std::string_view, 5> kEnds{"sig", "key", "policy", "code", "pwd"};
  const std::string low = lower(name);
  return std::ranges::any_of(kParts,
                             [&](auto word) { return low.find(word) != std::string::npos; }) ||
         std::ranges::any_of(kEnds, [&](auto word) { return low.ends_with(word); });
}

std::string shown_query(std::string_view query) {
  std::string out;
  while (true) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && grants_access(pair.substr(0, equals))) {
      out += fmt::format("{}=REDACTED", pair.substr(0, equals));
    } else {
      out += pair;
    }
    if (end == query.size()) return out;
    out += '&';
    query.remove_prefix(end + 1);
  }
}

}  // namespace

Result<Address> parse_address(std::string_view address) {
  const auto no_address = [&](std::string_view why) {
    return fail(ErrorCode::usage, fmt::format("{} is no address: {}", shown_address(address), why));
  };
  const Url url(curl_url());
  VIDEOGEN_CHECK(url != nullptr, "memory for an address");
  const std::string text(address);
  if (text.find('\0') != std::string::npos) return no_address("it has a zero byte");
  const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0);
  if (code != CURLUE_OK) return no_address(curl_url_strerror(code));
  Address parsed;
  parsed.scheme = part(url, CURLUPART_SCHEME);
  if (parsed.scheme != "http" && parsed.scheme != "https")
    return no_address("only http and https are spoken here");
  parsed.host = lower(part(url, CURLUPART_HOST));
  if (parsed.host.empty()) return no_address("it names no host");
  const std::string port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::from_chars(port.data(), port.data() + port.size(), parsed.port);
  parsed.path = part(url, CURLUPART_PATH);
  parsed.query = part(url, CURLUPART_QUERY);
  const Written written = take_apart(address);
  parsed.host_as_written = without_port(written.host);
  parsed.has_userinfo = !written.userinfo.empty();
  return parsed;
}

std::string origin(const Address& address) {
  const bool default_port = address.port == (address.scheme == "https" ? 443 : 80);
  return fmt::format("{}://{}{}", address.scheme, address.host,
                     default_port ? "" : fmt::format(":{}", address.port));
}

bool names_loopback(const Address& address) {
  std::string_view host = address.host;
  if (host.ends_with('.')) host.remove_suffix(1);
  return host == "localhost" || host == "[::1]" || host.ends_with(".localhost") ||
         (host.starts_with("127.") &&
          host.find_first_not_of("0123456789.") == std::string_view::npos);
}

Result<std::string> resolve_address(std::string_view base, std::string_view relative) {
  const Url url(curl_url());
  VIDEOGEN_CHECK(url != nullptr, "memory for an address");
  const bool good =
      relative.find('\0') == std::string_view::npos &&
      curl_url_set(url.get(), CURLUPART_URL, std::string(base).c_str(), 0) == CURLUE_OK &&
      curl_url_set(url.get(), CURLUPART_URL, std::string(relative).c_str(), CURLU_URLENCODE) ==
          CURLUE_OK;
  std::string whole = good ? part(url, CURLUPART_URL) : std::string();
  if (whole.empty())
    return fail(ErrorCode::corrupt, fmt::format("{} redirects to {}, which is no address here",
                                                shown_address(base), shown_address(relative)));
  return whole;
}

std::string shown_address(std::string_view address) {
  const Written written = take_apart(address);
  std::string_view rest = written.rest.substr(0, written.rest.find('#'));
  const std::size_t question = rest.find('?');
  std::string out;
  if (!written.scheme.empty()) out = fmt::format("{}://{}", written.scheme, written.host);
  out += rest.substr(0, question);
  if (question != std::string_view::npos)
    out += fmt::format("?{}", shown_query(rest.substr(question + 1)));
  return printable(out);
}

}  // namespace videogen::net
