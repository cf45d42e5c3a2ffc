#include "coherence/auto_rate.h"

#include <gtest/gtest.h>

namespace videogen::coherence {
namespace {

TEST(AutoRate, GivesAShortClipSixteenSamplesAndALongOneFewerASecond) {
  const media::Rational film{25, 1};
  EXPECT_EQ(base_rate(8, film).value(), 2);
  EXPECT_EQ(base_rate(16, film).value(), 1);
  EXPECT_EQ(base_rate(60, film).value(), 1);
  EXPECT_EQ(base_rate(1, film).value(), 16);
  EXPECT_EQ(base_rate(3, film).value(), 6);  // 16 / 3 = 5.3
  // An hour: 60 √60 = 465 samples, one in 7.7 s; the next rate that gives them is 1/6.
  EXPECT_EQ(base_rate(3600, film).value(), 1.0 / 6);
  EXPECT_EQ(base_rate(1e6, film).value(), 1.0 / 30);
}

TEST(AutoRate, NeverTakesMoreThanThereIs) {
  EXPECT_EQ(base_rate(0.4, media::Rational{25, 1}).value(), 25);
  EXPECT_EQ(base_rate(0, media::Rational{8, 1}).value(), 8);
  EXPECT_EQ(base_rate(1, media::Rational{30000, 1001}).num, 16);
  EXPECT_EQ(base_rate(0.6, media::Rational{24000, 1001}).num, 24000);
  EXPECT_EQ(base_rate(0.1, std::nullopt).value(), 60);
}

TEST(AutoRate, FallsWithTheLengthWhileTheCountGrows) {
  double rate = 1e9;
  double count = 0;
  for (double seconds = 0.5; seconds < 1e5; seconds *= 1.3) {
    EXPECT_LE(base_rate(seconds, std::nullopt).value(), rate) << seconds;
    EXPECT_GE(wanted_samples(seconds), count) << seconds;
    rate = base_rate(seconds, std::nullopt).value();
    count = wanted_samples(seconds);
  }
}

}  // namespace
}  // namespace videogen::coherence
