#include "net/crc32c.h"

#include <algorithm>

#include <isa-l/crc.h>

#include "base/base64.h"

namespace videogen::net {

void Crc32c::update(std::span<const std::byte> bytes) {
  constexpr std::size_t kMost = std::size_t{1} << 30;  // its length is an int
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), kMost);
    auto* data = const_cast<std::byte*>(bytes.data());  // read only, but declared otherwise
    state_ = crc32_iscsi(reinterpret_cast<unsigned char*>(data), static_cast<int>(size), state_);
    bytes = bytes.subspan(size);
  }
}

std::string crc32c_text(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((value >> shift) & 0xFF);
  return base64(bytes);
}

std::optional<std::uint32_t> parse_crc32c(std::string_view text) {
  const std::optional<std::string> bytes = from_base64(text);
  if (!bytes || bytes->size() != 4) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : *bytes) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

}  // namespace videogen::net
