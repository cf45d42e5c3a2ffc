#include "cli/suggest.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include <gtest/gtest.h>

namespace videogen::cli {
namespace {

TEST(Suggest, FindsTheFileThatWasMeant) {
  const auto folder =
      std::filesystem::path(testing::TempDir()) / ("suggest." + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "holiday.mp4") << "x";
  std::ofstream(folder / "notes.txt") << "x";
  EXPECT_EQ(nearest_file(folder / "holidya.mp4"), (folder / "holiday.mp4").string());
  EXPECT_EQ(nearest_file(folder / "completely-different.mp4"), std::nullopt);
  EXPECT_EQ(nearest_file(folder / "no" / "such" / "folder"), std::nullopt);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace videogen::cli
