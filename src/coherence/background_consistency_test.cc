#include "coherence/background_consistency.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "embed/gist.h"

namespace videogen::coherence {
namespace {

using ::testing::HasSubstr;

std::vector<float> at(double degrees) {
  const double radians = degrees * std::acos(-1.0) / 180;
  return {float(std::cos(radians)), float(std::sin(radians))};
}

double consistency(const std::vector<double>& degrees) {
  BackgroundWatch watch;
  for (std::size_t i = 0; i < degrees.size(); ++i) watch.add(double(i), at(degrees[i]));
  return watch.finish().value.value();
}

TEST(BackgroundWatch, IsTheMeanOfBothCosines) {
  // By hand: (cos 60 + cos 60) / 2 = 0.5; (cos 60 + max(0, cos 120)) / 2 = 0.25;
  // (max(0, cos 120) + 1) / 2 = 0.5.
  EXPECT_NEAR(consistency({0, 60, 120, 0}), (0.5 + 0.25 + 0.5) / 3, 1e-6);
  EXPECT_NEAR(consistency({20, 20, 20}), 1, 1e-12);
}

TEST(BackgroundWatch, FallsWithEachFrameThatLeaves) {
  EXPECT_GT(consistency({0, 5, 10, 15}), consistency({0, 10, 20, 30}));
  EXPECT_GT(consistency({0, 0, 0, 0}), consistency({0, 0, 50, 0}));
}

TEST(BackgroundWatch, SaysWhereItIsLowest) {
  BackgroundWatch watch;
  for (const double degrees : {0, 10, 80, 10}) watch.add(degrees, at(degrees));
  const BackgroundConsistency found = watch.finish();
  EXPECT_DOUBLE_EQ(found.lowest_at_s, 80);
  EXPECT_NEAR(found.lowest,
              (std::cos(70 * std::acos(-1.0) / 180) + std::cos(80 * std::acos(-1.0) / 180)) / 2,
              1e-6);
}

TEST(BackgroundWatch, KnowsNothingOfASingleFrame) {
  BackgroundWatch watch;
  watch.add(0, at(0));
  EXPECT_FALSE(watch.finish().value);
  EXPECT_EQ(watch.finish().absent, "a single frame has no neighbour");
}

TEST(BackgroundConsistency, NeedsClip) {
  const auto gist = embed::make_gist();
  const auto found = background_consistency({"no such file", "x"}, *gist, {}, {});
  ASSERT_TRUE(found);
  EXPECT_THAT(found->absent, HasSubstr("give a CLIP model (its flag, or VIDEOGEN_MODEL)"));
}

}  // namespace
}  // namespace videogen::coherence
