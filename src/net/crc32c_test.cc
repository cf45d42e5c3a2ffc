#include "net/crc32c.h"

#include <string>

#include <gtest/gtest.h>

namespace videogen::net {
namespace {

std::uint32_t crc(std::string_view text) {
  Crc32c sum;
  sum.update(std::as_bytes(std::span(text)));
  return sum.value();
}

// RFC 3720, appendix B.4, and the usual check value.
TEST(Crc32c, GivesThePublishedValues) {
  EXPECT_EQ(crc(""), 0u);
  EXPECT_EQ(crc("123456789"), 0xE3069283u);
  EXPECT_EQ(crc(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc(std::string(32, '\xFF')), 0x62A8AB43u);
  std::string rising;
  for (int i = 0; i < 32; ++i) rising += static_cast<char>(i);
  EXPECT_EQ(crc(rising), 0x46DD794Eu);
}

TEST(Crc32c, IsTheSameInPieces) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += static_cast<char>(i * 7 % 251);
  Crc32c sum;
  for (std::size_t at = 0, size = 1; at < text.size(); at += size, size = size * 3 % 1009 + 1) {
    const std::string_view piece = std::string_view(text).substr(at, size);
    sum.update(std::as_bytes(std::span(piece)));
  }
  EXPECT_EQ(sum.value(), crc(text));
}

// `printf 123456789 | gsutil hash -c -` prints 4waSgw==.
TEST(Crc32c, IsWrittenAsCloudStorageDoes) {
  EXPECT_EQ(crc32c_text(0xE3069283u), "4waSgw==");
  EXPECT_EQ(parse_crc32c("4waSgw=="), 0xE3069283u);
  for (const char* bad : {"", "4waSgw", "4waSg", "AAAAAAAA", "????"})
    EXPECT_EQ(parse_crc32c(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace videogen::net
