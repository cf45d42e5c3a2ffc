#include "emulator/digests.h"

#include <fstream>

#include <gmock/gmock.h>

#include "emulator/gunzip.h"

namespace videogen::emulator {
namespace {

TEST(Crc32c, GivesTheValuesOfRfc3720) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43U);
  std::string rising, falling;
  for (int i = 0; i < 32; ++i) rising += static_cast<char>(i);
  falling.assign(rising.rbegin(), rising.rend());
  EXPECT_EQ(crc32c(rising), 0x46DD794EU);
  EXPECT_EQ(crc32c(falling), 0x113FDB5CU);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);  // the check value of the catalogue of CRCs
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(Crc32c, GoesOnFromAnyPlace) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 7);
  for (std::size_t cut = 0; cut <= 40; ++cut)
    EXPECT_EQ(crc32c(text.substr(cut), crc32c(text.substr(0, cut))), crc32c(text));
}

TEST(Checksums, AreThoseOfMemoryAndFile) {
  // echo -n hello | openssl md5 -binary | base64, and sha256sum
  const Checksums sums = checksums_of("hello");
  EXPECT_EQ(sums.md5, "XUFAKrxLKna5cZ2REBfFkg==");
  EXPECT_EQ(sums.sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  EXPECT_EQ(sums.crc32c, "mnG7TA==");  // gsutil hash
  const std::filesystem::path path = testing::TempDir() + "/digests";
  std::ofstream(path) << "hello";
  const auto file = checksums_of_file(path);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->md5, sums.md5);
  EXPECT_EQ(file->bytes, 5U);
  EXPECT_FALSE(checksums_of_file(path.string() + ".absent"));
}

TEST(Gunzip, UnpacksAndRefuses) {
  // echo -n hello | gzip -n
  const std::string zipped(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05"
      "\x00\x00\x00",
      25);
  EXPECT_EQ(gunzip(zipped, 100).value_or("failed"), "hello");
  EXPECT_EQ(gunzip(zipped, 4).error().code, ErrorCode::limit);
  EXPECT_EQ(gunzip(zipped.substr(0, 20), 100).error().code, ErrorCode::corrupt);
  EXPECT_EQ(gunzip("hello", 100).error().code, ErrorCode::corrupt);
  EXPECT_EQ(gunzip("", 100).error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace videogen::emulator
