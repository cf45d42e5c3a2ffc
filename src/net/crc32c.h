// CRC-32C (RFC 3720, appendix B.4), as Cloud Storage keeps it for every object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace videogen::net {

// Incremental; value() may be called at any time.
class Crc32c {
 public:
  void update(std::span<const std::byte> bytes);
  [[nodiscard]] std::uint32_t value() const { return ~state_; }

 private:
  std::uint32_t state_ = ~std::uint32_t{0};
};

// Base64 of the four bytes, the most significant first, as in x-goog-hash and in metadata.
[[nodiscard]] std::string crc32c_text(std::uint32_t value);
[[nodiscard]] std::optional<std::uint32_t> parse_crc32c(std::string_view text);

}  // namespace videogen::net
