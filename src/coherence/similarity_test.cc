#include "coherence/similarity.h"

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace videogen::coherence {
namespace {

TEST(Similarity, IsTheCosineOfTheAngle) {
  const std::array<float, 2> east{1, 0}, north{0, 1}, north_east{0.5f, 0.5f}, west{-3, 0};
  EXPECT_DOUBLE_EQ(cosine(east, north).value(), 0.0);
  EXPECT_DOUBLE_EQ(cosine(east, north_east).value(), std::sqrt(0.5));
  EXPECT_DOUBLE_EQ(cosine(east, west).value(), -1.0);
}

TEST(Similarity, OfARowWithItselfIsExactlyOne) {
  std::vector<float> row(512);
  for (std::size_t seed = 1; seed < 50; ++seed) {
    for (std::size_t i = 0; i < row.size(); ++i)
      row[i] = std::sin(static_cast<float>(i * seed)) / 16.0f;
    EXPECT_EQ(cosine(row, row).value(), 1.0) << seed;
  }
}

TEST(Similarity, TakesTheRoundingOfUnitLengthOut) {
  // A float row a little too long would show a dot product over 1.
  const std::array<float, 2> a{0.6f, 0.8f}, longer{0.6000006f, 0.8000008f};
  EXPECT_GT(a[0] * longer[0] + a[1] * longer[1], 1.0f);
  EXPECT_LE(cosine(a, longer).value(), 1.0);
  EXPECT_NEAR(cosine(a, longer).value(), 1.0, 1e-12);
}

TEST(Similarity, IsAbsentWhereARowDescribesNothing) {
  const std::array<float, 3> nothing{0, 0, 0}, something{0, 1, 0};
  EXPECT_FALSE(cosine(nothing, something));
  EXPECT_FALSE(cosine(something, nothing));
  EXPECT_FALSE(cosine(nothing, nothing));
}

TEST(Similarity, RefusesRowsOfDifferentLength) {
  const std::array<float, 2> two{1, 0};
  const std::array<float, 3> three{1, 0, 0};
  EXPECT_THROW((void)cosine(two, three), std::logic_error);
}

}  // namespace
}  // namespace videogen::coherence
