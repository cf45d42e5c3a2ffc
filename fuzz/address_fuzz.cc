// Addresses: what is shown of one holds no secret and no control character, and what the guard
// lets through names a host in its plain spelling.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/address.h"
#include "net/address_guard.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace videogen::net;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string shown = shown_address(text);
  if (std::ranges::any_of(shown, [](char c) { return c >= 0 && c < 0x20; })) std::abort();
  const AddressGuard guard;
  const auto address = parse_address(text);
  if (guard.check(text)) {
    if (!address || address->has_userinfo) std::abort();
    std::string host = address->host;
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    if (const auto ip = parse_ip(host); ip && guard.refuses(*ip)) std::abort();
  }
  (void)resolve_address("https://host/a/b?c", text);
  if (const auto range = parse_ip_range(text)) {
    if (!range->contains(range->first)) std::abort();
  }
  return 0;
}
