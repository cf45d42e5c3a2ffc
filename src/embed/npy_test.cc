#include "embed/npy.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "embed/test_folder_internal.h"

namespace videogen::embed {
namespace {

TEST(WriteNpy, WritesTheHeaderOfVersionOne) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "a.npy";
  const std::vector<float> values{1.0F, -2.0F, 0.5F, 3.0F, 4.0F, 5.0F};
  ASSERT_TRUE(write_npy(file, values, 2, 3, AtomicFile::Existing::refuse));

  // By hand: 6 bytes of magic, version 1.0, 118 = 0x76 bytes of dictionary, 128 in all.
  const std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  std::string expected("\x93NUMPY\x01\x00\x76\x00", 10);
  expected += dictionary + std::string(117 - dictionary.size(), ' ') + '\n';
  ASSERT_EQ(expected.size(), 128U);
  const std::string written = read_text(file);
  EXPECT_EQ(written.substr(0, 128), expected);
  ASSERT_EQ(written.size(), 128U + values.size() * 4);
  EXPECT_EQ(written.substr(128, 8), std::string("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8));
}

TEST(WriteNpy, KeepsTheValuesAlignedWhateverTheShape) {
  const TemporaryFolder folder;
  for (const std::size_t rows : {0UL, 1UL, 9UL, 12345UL}) {
    const auto file = folder.path() / "b.npy";
    ASSERT_TRUE(
        write_npy(file, std::vector<float>(rows * 7), rows, 7, AtomicFile::Existing::replace));
    const std::string written = read_text(file);
    EXPECT_EQ((written.size() - rows * 7 * 4) % 64, 0U);
    EXPECT_THAT(written, testing::HasSubstr(fmt::format("'shape': ({}, 7), }}", rows)));
  }
}

TEST(WriteNpy, RefusesAFileThatExists) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "c.npy";
  write_text(file, "mine");
  const Status status = write_npy(file, std::vector<float>(1), 1, 1, AtomicFile::Existing::refuse);
  ASSERT_FALSE(status);
  EXPECT_EQ(name(status.error().code), "usage");
  EXPECT_EQ(read_text(file), "mine");
}

TEST(WriteNpy, ReportsAFolderThatIsNotThere) {
  const TemporaryFolder folder;
  const Status status = write_npy(folder.path() / "no" / "d.npy", std::vector<float>(1), 1, 1,
                                  AtomicFile::Existing::replace);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, testing::HasSubstr("d.npy"));
}

TEST(WriteNpy, RefusesValuesThatDoNotFillTheShape) {
  const TemporaryFolder folder;
  EXPECT_THROW((void)write_npy(folder.path() / "e.npy", std::vector<float>(5), 2, 3,
                               AtomicFile::Existing::replace),
               std::logic_error);
}

}  // namespace
}  // namespace videogen::embed
