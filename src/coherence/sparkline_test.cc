#include "coherence/sparkline.h"

#include <vector>

#include <gtest/gtest.h>

namespace videogen::coherence {
namespace {

using Values = std::vector<std::optional<double>>;

TEST(Sparkline, MapsTheRangeToEightBlocks) {
  const Values values{-1.0, 0.0, 0.13, 0.5, 0.99, 1.0, 2.0};
  EXPECT_EQ(sparkline(values, 0, 1, 80), "▁▁▂▅███");
}

TEST(Sparkline, ShowsAGapWhereThereIsNoValue) {
  EXPECT_EQ(sparkline(Values{1.0, std::nullopt, 1.0}, 0, 1, 80), "█·█");
}

TEST(Sparkline, KeepsADipWhenColumnsAreFew) {
  Values values(1000, 1.0);
  values[437] = 0.0;
  const std::string line = sparkline(values, 0, 1, 10);
  EXPECT_EQ(line, "████▁█████");
}

TEST(Sparkline, IsEmptyForNothing) { EXPECT_EQ(sparkline({}, 0, 1, 80), ""); }

}  // namespace
}  // namespace videogen::coherence
