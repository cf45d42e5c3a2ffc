#include "coherence/number_text.h"

#include <cmath>

#include <gtest/gtest.h>

namespace videogen::coherence {
namespace {

TEST(NumberText, WritesSecondsWithoutTrailingZeros) {
  EXPECT_EQ(seconds_text(2.48), "2.48");
  EXPECT_EQ(seconds_text(12), "12");
  EXPECT_EQ(seconds_text(100), "100");
  EXPECT_EQ(seconds_text(0.0004), "0");
  EXPECT_EQ(seconds_text(-0.0001), "0");
  EXPECT_EQ(seconds_text(-0.04), "-0.04");
  EXPECT_EQ(seconds_text(1.0 / 3), "0.333");
}

TEST(NumberText, KeepsSimilaritiesOnTheirSideOfTheThreshold) {
  EXPECT_EQ(similarity_text(0.679123, 0.85), "0.679");
  EXPECT_EQ(similarity_text(0.84996, 0.85), "0.84996");
  EXPECT_EQ(similarity_text(std::nextafter(0.85, 0.0), 0.85), "0.8499999999999999");
  EXPECT_EQ(similarity_text(0.85, 0.85), "0.850");
  EXPECT_EQ(similarity_text(0.85004, 0.85), "0.850");
  // A threshold with more digits than are shown: 0.850 would look like under 0.85004.
  EXPECT_EQ(similarity_text(0.85004, 0.85004), "0.85004");
}

TEST(NumberText, WritesTheFewestDigitsThatReadBack) {
  EXPECT_EQ(shortest_text(0.85), "0.85");
  EXPECT_EQ(shortest_text(1.0), "1");
  EXPECT_EQ(shortest_text(30000.0 / 1001), "29.97002997002997");
}

TEST(BriefText, KeepsThreeDigitsAndNoPowerOfTen) {
  EXPECT_EQ(brief_text(0.00123456), "0.00123");
  EXPECT_EQ(brief_text(0.00000012), "0.00000012");
  EXPECT_EQ(brief_text(13.46), "13.5");
  EXPECT_EQ(brief_text(1250.4), "1250");
  EXPECT_EQ(brief_text(-2), "-2");
  EXPECT_EQ(brief_text(0), "0");
  EXPECT_EQ(brief_text(-0.0), "0");
}

TEST(BriefText, NeverCrossesTheGate) {
  EXPECT_EQ(brief_text(0.0040003, 0.004), "0.0040003");
  EXPECT_EQ(brief_text(0.0039998, 0.004), "0.0039998");
  EXPECT_EQ(brief_text(0.004, 0.004), "0.004");
  EXPECT_EQ(brief_text(0.00500049, 0.004), "0.005");
}

}  // namespace
}  // namespace videogen::coherence
