// Which machines an address that comes from a stranger may lead to: public ones.
//
// Names are not judged, connections are: the numeric address that libcurl is about to dial, for
// each connection, those after redirects included. So a name that resolves to 127.0.0.1, or to
// one thing when it is looked at and to another when it is dialled, leads nowhere.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace videogen::net {

struct Ip {
  enum class Family { v4, v6 };
  Family family = Family::v4;
  std::array<std::uint8_t, 16> bytes{};  // of IPv4 the first four

  friend bool operator==(const Ip&, const Ip&) = default;
};

// "192.0.2.1", "2001:db8::1"; no brackets, no zone. nullopt for anything else.
[[nodiscard]] std::optional<Ip> parse_ip(std::string_view text);
[[nodiscard]] std::string to_text(const Ip& ip);

struct IpRange {
  Ip first;
  int prefix = 0;  // leading bits that count

  [[nodiscard]] bool contains(const Ip& ip) const;
};
// "10.1.0.0/16", "fd00::/8", or one address. Errors: usage.
[[nodiscard]] Result<IpRange> parse_ip_range(std::string_view text);

class AddressGuard {
 public:
  AddressGuard() = default;
  explicit AddressGuard(std::vector<IpRange> allowed) : allowed_(std::move(allowed)) {}

  // What the address is, where that is not "public": "loopback", "private", "link-local", …;
  // nullopt where it may be dialled. An IPv4 address inside an IPv6 one (mapped, compatible,
  // NAT64, 6to4, Teredo) is refused whatever it is: there are plainer ways to write it.
  // Ranges are those of the IANA registries of special-purpose addresses (RFC 6890).
  [[nodiscard]] std::optional<std::string_view> refuses(const Ip& ip) const;

  // An address as it is written: http or https, no userinfo, and a numeric host only in its
  // plain form (not 0x7f.1, 2130706433, 017700000001). Errors: usage.
  [[nodiscard]] Status check(std::string_view address) const;

 private:
  std::vector<IpRange> allowed_;
};

}  // namespace videogen::net
