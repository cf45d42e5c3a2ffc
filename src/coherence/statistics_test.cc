#include "coherence/statistics.h"

#include <gtest/gtest.h>

#include "coherence/neighbourhood.h"

namespace videogen::coherence {
namespace {

TEST(Statistics, AreThoseOfTheHand) {
  EXPECT_FLOAT_EQ(mean_of(std::vector<float>{1, 2, 6}), 3);
  EXPECT_FLOAT_EQ(median_of({5, 1, 3}), 3);
  EXPECT_FLOAT_EQ(median_of({5, 1, 3, 4}), 3.5F);
  // Deviations from the median 3: 2, 1, 0, 1, 97.
  EXPECT_FLOAT_EQ(scatter_of({1, 2, 3, 4, 100}), 1);
  EXPECT_FLOAT_EQ(percentile_of({10, 20, 30, 40}, 0), 10);
  EXPECT_FLOAT_EQ(percentile_of({40, 10, 30, 20}, 0.5), 30);
  EXPECT_FLOAT_EQ(percentile_of({10, 20, 30, 40}, 1), 40);
  EXPECT_FLOAT_EQ(mean_of_top({1, 9, 5, 7}, 0.5), 8);
  EXPECT_FLOAT_EQ(mean_of_top({1, 9, 5, 7}, 0.001), 9);
}

TEST(Statistics, OfNothingAreZero) {
  EXPECT_EQ(mean_of({}), 0);
  EXPECT_EQ(median_of({}), 0);
  EXPECT_EQ(scatter_of({}), 0);
  EXPECT_EQ(percentile_of({}, 0.5), 0);
  EXPECT_EQ(mean_of_top({}, 0.5), 0);
}

TEST(Statistics, BesideAPlaceLeavesItOut) {
  const std::vector<float> values{0, 1, 2, 100, 3, 4, 5};
  const auto value = [&](std::size_t i) { return values[i]; };
  EXPECT_FLOAT_EQ(usual_beside(3, 3, 2, 1, values.size(), value), 2.5F);  // 1 2 | 3 4
  EXPECT_FLOAT_EQ(usual_beside(1, 1, 2, 1, values.size(), value), 51);    // | 2 100
  EXPECT_FLOAT_EQ(usual_beside(6, 6, 1, 1, values.size(), value), 4);
}

}  // namespace
}  // namespace videogen::coherence
