#include "cli/suggest.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include <gtest/gtest.h>

namespace videogen::cli {
namespace {

TEST(Suggest, CountsEditsAndSwapsOfNeighbours) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("clip", ""), 4u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("validate", "vaildate"), 1u);
  EXPECT_EQ(edit_distance("ca", "abc"), 3u);  // optimal string alignment, not Damerau's 2
}

TEST(Suggest, NamesTheNearestAndNothingTooFar) {
  const std::vector<std::string> verbs{"validate", "embed", "sample"};
  EXPECT_EQ(nearest("vaildate", verbs), "validate");
  EXPECT_EQ(nearest("sampel", verbs), "sample");
  EXPECT_EQ(nearest("generate", verbs), std::nullopt);
  EXPECT_EQ(nearest("", verbs), std::nullopt);
}

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
