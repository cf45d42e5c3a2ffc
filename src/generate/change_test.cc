#include "generate/change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::generate {
namespace {

using coherence::Reason;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Reason reason(const char* kind) { return {kind, std::string(kind) + " at 2.1 s", 2.1, 2.2}; }

TEST(Change, CalmsTheCameraAfterMelting) {
  const Change change = change_for(std::vector{reason("morph")}, {});
  EXPECT_THAT(change.addition, HasSubstr("slow camera"));
  EXPECT_EQ(change.why, "calmer camera, another seed: morph at 2.1 s");
}

TEST(Change, AddsEachSentenceOnce) {
  const std::vector reasons{reason("flicker"), reason("flash"), reason("cut")};
  const Change first = change_for(reasons, {});
  EXPECT_THAT(first.why, StartsWith("steady light"));
  const Change second = change_for(reasons, std::vector{first.addition});
  EXPECT_THAT(second.why, StartsWith("one take"));
  const Change third = change_for(reasons, std::vector{first.addition, second.addition});
  EXPECT_EQ(third.addition, "");
  EXPECT_EQ(third.why, "another seed: flicker at 2.1 s");
}

TEST(Change, TakesAnotherSeedForWhatComesByChance) {
  for (const char* kind : {"noise", "corruption", "black", "too_few_samples"})
    EXPECT_EQ(change_for(std::vector{reason(kind)}, {}).addition, "") << kind;
  EXPECT_EQ(change_for({}, {}).why, "another seed");
}

}  // namespace
}  // namespace videogen::generate
