#include "emulator/digests.h"

#include <fstream>

#include <gmock/gmock.h>

namespace videogen::emulator {
namespace {

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

}  // namespace
}  // namespace videogen::emulator
