#include "base/nearest.h"

#include <vector>

#include <gtest/gtest.h>

namespace videogen {
namespace {

TEST(Nearest, CountsEditsAndSwapsOfNeighbours) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("clip", ""), 4u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("validate", "vaildate"), 1u);
  EXPECT_EQ(edit_distance("ca", "abc"), 3u);  // optimal string alignment, not Damerau's 2
}

TEST(Nearest, NamesTheNearestAndNothingTooFar) {
  const std::vector<std::string> verbs{"validate", "embed", "sample"};
  EXPECT_EQ(nearest("vaildate", verbs), "validate");
  EXPECT_EQ(nearest("sampel", verbs), "sample");
  EXPECT_EQ(nearest("generate", verbs), std::nullopt);
  EXPECT_EQ(nearest("", verbs), std::nullopt);
}

}  // namespace
}  // namespace videogen
