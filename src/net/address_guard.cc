#include "net/address_guard.h"

#include <arpa/inet.h>
#include <algorithm>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include "net/address.h"

namespace videogen::net {
namespace {

struct Special {
  std::string_view range;
  std::string_view what;
};

// The first that fits names the address.
constexpr auto kSpecial = std::to_array<Special>({
    {"0.0.0.0/8", "unspecified"},
    {"127.0.0.0/8", "loopback"},
    {"10.0.0.0/8", "private"},
    {"172.16.0.0/12", "private"},
    {"192.168.0.0/16", "private"},
    {"100.64.0.0/10", "shared by a provider (CGNAT)"},
    {"169.254.0.0/16", "link-local"},
    {"192.0.0.0/24", "reserved for protocols"},
    {"192.0.2.0/24", "for documentation"},
    {"198.51.100.0/24", "for documentation"},
    {"203.0.113.0/24", "for documentation"},
    {"192.88.99.0/24", "a 6to4 relay"},
    {"198.18.0.0/15", "for benchmarks"},
    {"168.63.129.16/32", "a cloud's own (Azure)"},
    {"224.0.0.0/4", "multicast"},
    {"255.255.255.255/32", "broadcast"},
    {"240.0.0.0/4", "reserved"},
    {"::/128", "unspecified"},
    {"::1/128", "loopback"},
    {"::ffff:0.0.0.0/96", "IPv4 inside IPv6 (mapped)"},
    {"::ffff:0:0:0/96", "IPv4 inside IPv6 (translated)"},
    {"::/96", "IPv4 inside IPv6 (compatible)"},
    {"64:ff9b::/96", "IPv4 inside IPv6 (NAT64)"},
    {"64:ff9b:1::/48", "IPv4 inside IPv6 (NAT64)"},
    {"2002::/16", "IPv4 inside IPv6 (6to4)"},
    {"2001::/32", "IPv4 inside IPv6 (Teredo)"},
    {"2001:db8::/32", "for documentation"},
    {"3fff::/20", "for documentation"},
    {"2001::/23", "reserved for protocols"},
    {"100::/64", "a black hole"},
    {"fc00::/7", "private (unique local)"},
    {"fe80::/10", "link-local"},
    {"fec0::/10", "private (site-local)"},
    {"ff00::/8", "multicast"},
});

int bits(Ip::Family family) { return family == Ip::Family::v4 ? 32 : 128; }

}  // namespace

std::optional<Ip> parse_ip(std::string_view text) {
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  Ip ip;
  if (::inet_pton(AF_INET, terminated.c_str(), ip.bytes.data()) == 1) return ip;
  ip.family = Ip::Family::v6;
  if (::inet_pton(AF_INET6, terminated.c_str(), ip.bytes.data()) == 1) return ip;
  return std::nullopt;
}

std::string to_text(const Ip& ip) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(ip.family == Ip::Family::v4 ? AF_INET : AF_INET6, ip.bytes.data(), text.data(),
              text.size());
  return text.data();
}

bool IpRange::contains(const Ip& ip) const {
  if (ip.family != first.family) return false;
  const auto whole = static_cast<std::size_t>(prefix / 8);
  if (std::memcmp(ip.bytes.data(), first.bytes.data(), whole) != 0) return false;
  const int rest = prefix % 8;
  return rest == 0 || ((ip.bytes[whole] ^ first.bytes[whole]) >> (8 - rest)) == 0;
}

Result<IpRange> parse_ip_range(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::optional<Ip> ip = parse_ip(text.substr(0, slash));
  IpRange range;
  if (ip) {
    range.first = *ip;
    range.prefix = bits(ip->family);
  }
  bool good = ip.has_value();
  if (good && slash != std::string_view::npos) {
    const std::string_view number = text.substr(slash + 1);
    const auto read = std::from_chars(number.data(), number.data() + number.size(), range.prefix);
    good = read.ec == std::errc() && read.ptr == number.data() + number.size() &&
           range.prefix >= 0 && range.prefix <= bits(ip->family);
  }
  if (!good)
    return fail(ErrorCode::usage,
                fmt::format("{} is no range of addresses, as 10.1.0.0/16", printable(text, 60)));
  return range;
}

std::optional<std::string_view> AddressGuard::refuses(const Ip& ip) const {
  static const auto special = [] {
    std::vector<std::pair<IpRange, std::string_view>> ranges;
    for (const Special& each : kSpecial) {
      const Result<IpRange> range = parse_ip_range(each.range);
      VIDEOGEN_CHECK(range.has_value(), each.range);
      ranges.emplace_back(*range, each.what);
    }
    return ranges;
  }();
  if (std::ranges::any_of(allowed_, [&](const IpRange& range) { return range.contains(ip); }))
    return std::nullopt;
  for (const auto& [range, what] : special)
    if (range.contains(ip)) return what;
  // Global unicast is 2000::/3; the rest is not handed out.
  if (ip.family == Ip::Family::v6 && (ip.bytes[0] >> 5) != 1) return "reserved";
  return std::nullopt;
}

Status AddressGuard::check(std::string_view address) const {
  VIDEOGEN_TRY(const Address parsed, parse_address(address));
  const auto refused = [&](std::string_view why) {
    return fail(ErrorCode::usage, fmt::format("{} is refused: {}", shown_address(address), why));
  };
  if (parsed.has_userinfo) return refused("it has a user name in it");
  std::string written = parsed.host_as_written;
  for (char& c : written)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (!written.starts_with('[') && written != parsed.host)
    return refused(fmt::format("{} is an odd way to write {}", printable(written, 80),
                               printable(parsed.host, 80)));
  // Not every resolver knows all spellings of it.
  const Ip loopback{Ip::Family::v4, {127, 0, 0, 1}};
  if (parsed.host[0] != '[' && names_loopback(parsed) && !parse_ip(parsed.host) &&
      refuses(loopback))
    return refused("it is this machine");
  const std::size_t last = parsed.host.find_last_not_of('.');
  const std::string bare = parsed.host.substr(0, last == std::string::npos ? 0 : last + 1);
  const std::size_t dot = bare.rfind('.');
  const std::string label = dot == std::string::npos ? bare : bare.substr(dot + 1);
  // A last label of digits makes a host a number (WHATWG URL, "ends in a number").
  const bool numeric =
      !label.empty() &&
      (label.find_first_not_of("0123456789") == std::string::npos || label.starts_with("0x"));
  if (numeric && !parse_ip(parsed.host))
    return refused(fmt::format("{} is an odd way to write a number", printable(parsed.host, 80)));
  std::string literal = parsed.host;
  if (literal.starts_with('[')) literal = literal.substr(1, literal.size() - 2);
  if (const std::optional<Ip> ip = parse_ip(literal)) {
    if (const auto what = refuses(*ip)) return refused(fmt::format("its address is {}", *what));
  }
  return {};
}

}  // namespace videogen::net
