#include "base/file.h"

#include <sys/stat.h>
#include <unistd.h>
#include <fstream>

#include <gtest/gtest.h>

#include "base/folder_for_test_internal.h"

namespace videogen {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  fs::path make(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return folder_ / name;
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  static std::string content(const fs::path& path) { return read_file(path, 1 << 20).value(); }

  const TemporaryFolder temporary_;
  const fs::path& folder_ = temporary_.path();
};

TEST_F(FileTest, ReadsWholeFiles) {
  EXPECT_EQ(content(make("a", std::string("x\0y", 3))), std::string("x\0y", 3));
  EXPECT_EQ(content(make("empty", "")), "");
}

TEST_F(FileTest, NamesWhatCannotBeRead) {
  EXPECT_EQ(read_file(folder_ / "none", 10).error().code, ErrorCode::not_found);
  EXPECT_EQ(read_file(folder_, 10).error().code, ErrorCode::unreachable);
  EXPECT_EQ(read_file(make("long", "12345"), 4).error().code, ErrorCode::limit);
  ASSERT_EQ(::mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(read_file(folder_ / "fifo", 10).error().code, ErrorCode::unsupported);
  const Error missing = read_file(folder_ / "none", 10).error();
  EXPECT_NE(missing.message.find("none"), std::string::npos);
}

TEST_F(FileTest, MapsFiles) {
  auto mapped = MappedFile::open(make("m", "hello"));
  ASSERT_TRUE(mapped);
  MappedFile moved = std::move(*mapped);
  ASSERT_EQ(moved.bytes().size(), 5U);
  EXPECT_EQ(static_cast<char>(moved.bytes()[4]), 'o');
  EXPECT_TRUE(MappedFile::open(make("e", ""))->bytes().empty());
}

TEST_F(FileTest, AFileAppearsOnlyWhenCommitted) {
  const fs::path path = folder_ / "out.mp4";
  {
    auto file = AtomicFile::create(path, AtomicFile::Existing::refuse).value();
    ASSERT_TRUE(file.write("half"));
    EXPECT_FALSE(fs::exists(path));
    EXPECT_EQ(file.partial_path().extension(), ".mp4");
  }
  EXPECT_EQ(entries(), 0U) << "an abandoned write leaves nothing";
  auto file = AtomicFile::create(path, AtomicFile::Existing::refuse).value();
  ASSERT_TRUE(file.write("whole"));
  ASSERT_TRUE(file.commit());
  EXPECT_EQ(content(path), "whole");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(FileTest, AnExistingFileIsReplacedOnlyOnRequest) {
  const fs::path path = make("out", "old");
  const auto refused = AtomicFile::create(path, AtomicFile::Existing::refuse);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::usage);
  EXPECT_NE(refused.error().message.find("--force"), std::string::npos);
  auto file = AtomicFile::create(path, AtomicFile::Existing::replace).value();
  ASSERT_TRUE(file.write("new"));
  EXPECT_EQ(content(path), "old");
  ASSERT_TRUE(file.commit());
  EXPECT_EQ(content(path), "new");
}

TEST_F(FileTest, AFileThatAppearsMeanwhileIsNotLost) {
  const fs::path path = folder_ / "out";
  auto file = AtomicFile::create(path, AtomicFile::Existing::refuse).value();
  ASSERT_TRUE(file.write("mine"));
  make("out", "theirs");
  const Status committed = file.commit();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code, ErrorCode::usage);
  EXPECT_EQ(content(path), "theirs");
}

TEST_F(FileTest, AMissingFolderAndAFullDiskAreUnwritable) {
  const auto nowhere =
      AtomicFile::create(folder_ / "no" / "such" / "f", AtomicFile::Existing::replace);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ErrorCode::unwritable);
  EXPECT_EQ(AtomicFile::create(folder_, AtomicFile::Existing::replace).error().code,
            ErrorCode::usage);
}

// FIPS 180-4, appendix B.1, and the digest of nothing.
TEST(Sha256Test, MatchesPublishedDigests) {
  Sha256 abc;
  abc.update(std::string_view("a"));
  abc.update(std::string_view("bc"));
  EXPECT_EQ(abc.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace videogen
