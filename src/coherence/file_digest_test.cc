#include "coherence/file_digest.h"

#include <unistd.h>
#include <fstream>

#include <gtest/gtest.h>

namespace videogen::coherence {
namespace {

std::filesystem::path temporary(const std::string& name, const std::string& bytes) {
  const auto path =
      std::filesystem::path(testing::TempDir()) / (name + "." + std::to_string(::getpid()));
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

TEST(FileDigest, IsTheSha256OfTheBytes) {
  const auto path = temporary("abc", "abc");
  FileDigest digest(path, {});
  // FIPS 180-4, example 1.
  EXPECT_EQ(digest.take().value(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  std::filesystem::remove(path);
}

TEST(FileDigest, ReadsFilesLongerThanItsBuffer) {
  const auto path = temporary("million", std::string(1'000'000, 'a') + std::string(2'000'000, 'b'));
  FileDigest digest(path, {});
  // python3 -c "import hashlib; print(hashlib.sha256(b'a'*10**6 + b'b'*2*10**6).hexdigest())"
  EXPECT_EQ(digest.take().value(),
            "ca83d44c29f60563b4b4b415bc4fc0dba25dadf2ba863f38ea74c7ab3004a84c");
  std::filesystem::remove(path);
}

TEST(FileDigest, NamesAFileThatIsNotThere) {
  FileDigest digest("/nowhere/clip.mp4", {});
  const auto taken = digest.take();
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::not_found);
}

TEST(FileDigest, GivesUpOnAStop) {
  const auto path = temporary("stopped", "abc");
  std::stop_source stop;
  stop.request_stop();
  FileDigest digest(path, stop.get_token());
  const auto taken = digest.take();
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::interrupted);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace videogen::coherence
