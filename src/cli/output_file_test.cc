#include "cli/output_file.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace videogen::cli {
namespace {

std::string verdict(const std::filesystem::path& path, AtomicFile::Existing existing) {
  const Status checked = check_output(path, existing);
  return checked ? "good" : std::string(name(checked.error().code));
}

TEST(OutputFile, IsCheckedBeforeTheWork) {
  const auto folder =
      std::filesystem::path(testing::TempDir()) / ("output." + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "old.npy") << "x";
  using enum AtomicFile::Existing;
  EXPECT_EQ(verdict(folder / "new.npy", refuse), "good");
  EXPECT_EQ(verdict("new-in-working-folder.npy", refuse), "good");
  EXPECT_EQ(verdict(folder / "old.npy", refuse), "usage");
  EXPECT_EQ(verdict(folder / "old.npy", replace), "good");
  EXPECT_EQ(verdict(folder, replace), "usage");
  EXPECT_EQ(verdict(folder / "none" / "new.npy", refuse), "not_found");
  EXPECT_EQ(verdict(folder / "old.npy" / "new.npy", refuse), "not_found");
  EXPECT_EQ(verdict("/dev/null", replace), "usage");
  EXPECT_EQ(verdict("", replace), "usage");
  EXPECT_EQ(verdict("folder/", replace), "usage");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace videogen::cli
