#include "embed/capabilities.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::embed {
namespace {

TEST(Capabilities, AgreeWithTheCompilersViewOfTheCpu) {
#if defined(__x86_64__)
  std::map<std::string, bool> present;
  for (const CpuFeature& feature : capabilities().features) present[feature.name] = feature.present;
  EXPECT_EQ(present.at("avx2"), __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ(present.at("fma"), __builtin_cpu_supports("fma") != 0);
  EXPECT_EQ(present.at("avx512f"), __builtin_cpu_supports("avx512f") != 0);
#else
  GTEST_SKIP() << "features of x86 only";
#endif
}

TEST(Capabilities, NameTheOneDnnThatWasLoaded) {
  const Capabilities found = capabilities();
  EXPECT_THAT(found.onednn, testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_FALSE(found.onednn_isa.empty());
  EXPECT_GE(found.threads, 1);
}

}  // namespace
}  // namespace videogen::embed
