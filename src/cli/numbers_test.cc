#include "cli/numbers.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::cli {
namespace {

using ::testing::HasSubstr;

std::string rate(std::string_view text) {
  const auto parsed = parse_rate("--fps", text);
  if (!parsed) return std::string(name(parsed.error().code));
  return std::to_string(parsed->num) + "/" + std::to_string(parsed->den);
}

TEST(Numbers, ReadRatesAsExactFractions) {
  EXPECT_EQ(rate("1"), "1/1");
  EXPECT_EQ(rate("0.5"), "1/2");
  EXPECT_EQ(rate(".5"), "1/2");
  EXPECT_EQ(rate("2."), "2/1");
  EXPECT_EQ(rate("29.97"), "2997/100");
  EXPECT_EQ(rate("23.976"), "2997/125");
  EXPECT_EQ(rate("30000/1001"), "30000/1001");
  EXPECT_EQ(rate("4/2"), "2/1");
  EXPECT_EQ(rate("1000"), "1000/1");
}

// What av_d2q(x, 1001000) gives, by which the fps filter reads its rate.
TEST(Numbers, ApproximateLongDecimalsAsFfmpegDoes) {
  EXPECT_EQ(rate("0.3333333333"), "1/3");
  EXPECT_EQ(rate("23.9760239760"), "24000/1001");
  EXPECT_EQ(rate("3.14159265358979"), "833719/265381");
  EXPECT_EQ(rate("123.456789"), "995679/8065");
  EXPECT_EQ(rate("59.9400599"), "1000999/16700");
  EXPECT_EQ(rate("999.999999"), "1000/1");
}

TEST(Numbers, RefuseImpossibleRates) {
  for (const char* text : {"",
                           "0",
                           "0.0",
                           "-1",
                           "1001",
                           "1000.001",
                           "nan",
                           "inf",
                           "1e3",
                           "0x10",
                           "one",
                           "1 ",
                           " 1",
                           "1/0",
                           "1/-2",
                           "/2",
                           "1/",
                           "1//2",
                           "0.5/2",
                           "1/2/3",
                           ".",
                           "1.2.3",
                           "99999999999999999999",
                           "0.000000000000001",
                           "1/1000000001",
                           "+1"})
    EXPECT_EQ(rate(text), "usage") << text;
}

TEST(Numbers, NameFlagValueAndBoundsWhenRefused) {
  const auto refused = parse_number("--threshold", "1.5", -1, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "--threshold 1.5: must be a number from -1 to 1");
  EXPECT_THAT(parse_rate("--fps", "x\ny").error().message, HasSubstr("--fps x\\x0ay:"));
}

TEST(Numbers, ReadOnlyFiniteNumbersWithinBounds) {
  EXPECT_EQ(parse_number("-", "-0.25", -1, 1).value(), -0.25);
  EXPECT_EQ(parse_number("-", "1", -1, 1).value(), 1);
  EXPECT_EQ(parse_number("-", "1e-3", -1, 1).value(), 0.001);
  for (const char* text : {"nan", "inf", "-inf", "1.0000001", "", "0.5x", "0,5"})
    EXPECT_FALSE(parse_number("-", text, -1, 1)) << text;
}

TEST(Numbers, ReadCountsOfAll64Bits) {
  EXPECT_EQ(parse_count("--seed", "18446744073709551615").value(), 18446744073709551615u);
  for (const char* text : {"18446744073709551616", "-1", "1.5", "", "seven"})
    EXPECT_FALSE(parse_count("--seed", text)) << text;
}

TEST(Numbers, ReadSizes) {
  EXPECT_EQ(parse_size("--size", "640x360").value().width, 640);
  EXPECT_EQ(parse_size("--size", "640x360").value().height, 360);
  for (const char* text : {"640", "640x", "x360", "640X360", "0x0", "-2x2", "640x360x1", "ax b"})
    EXPECT_FALSE(parse_size("--size", text)) << text;
}

}  // namespace
}  // namespace videogen::cli
