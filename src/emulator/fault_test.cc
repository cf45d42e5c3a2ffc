#include "emulator/fault.h"

#include <gmock/gmock.h>

namespace videogen::emulator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

FaultRule rule(std::string_view text) {
  auto parsed = parse_fault(text);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? *parsed : FaultRule{};
}

TEST(ParseFault, KnowsKindPlaceProbabilityAndTimes) {
  const FaultRule plain = rule("filtered");
  EXPECT_EQ(plain.fault.kind, FaultKind::filtered);
  EXPECT_THAT(plain.places, ElementsAre(Place::submit));
  EXPECT_EQ(plain.probability, 1);
  EXPECT_EQ(plain.times, std::nullopt);
  const FaultRule all = rule("503-no-retry-after.poll:0.25@3");
  EXPECT_EQ(all.fault.kind, FaultKind::status);
  EXPECT_EQ(all.fault.status, 503);
  EXPECT_FALSE(all.fault.retry_after);
  EXPECT_THAT(all.places, ElementsAre(Place::poll));
  EXPECT_EQ(all.probability, 0.25);
  EXPECT_EQ(all.times, 3U);
  EXPECT_EQ(rule("418").fault.status, 418);
}

TEST(ParseFault, SaysWhatIsWrong) {
  for (const auto& [text, why] :
       std::initializer_list<std::pair<const char*, const char*>>{{"", "no such kind"},
                                                                  {"399", "no such kind"},
                                                                  {"600", "no such kind"},
                                                                  {"503:1.5", "PROBABILITY"},
                                                                  {"503:nan", "PROBABILITY"},
                                                                  {"503:", "PROBABILITY"},
                                                                  {"503@-1", "TIMES"},
                                                                  {"503@", "TIMES"},
                                                                  {"503.", "PLACE"},
                                                                  {"503.other", "PLACE"}}) {
    const auto parsed = parse_fault(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::usage);
    EXPECT_THAT(parsed.error().message, HasSubstr(why));
  }
}

TEST(ParseFault, KnowsEveryKindThatItLists) {
  std::string kinds = fault_kinds() + " ";
  std::size_t count = 0;
  for (std::size_t end = kinds.find(' '); end != std::string::npos; end = kinds.find(' ')) {
    EXPECT_TRUE(parse_fault(kinds.substr(0, end)));
    kinds.erase(0, end + 1);
    ++count;
  }
  EXPECT_GE(count, 18U);
}

TEST(ParseInstructions, SpeaksTheWordsOfStorageTestbench) {
  const auto only = [](std::string_view header) {
    const auto faults = parse_instructions(header);
    EXPECT_TRUE(faults && faults->all().size() == 1) << header;
    return faults && !faults->all().empty() ? faults->all().front() : Fault{};
  };
  EXPECT_EQ(only("return-503").status, 503);
  EXPECT_EQ(only("return-reset-connection").kind, FaultKind::reset);
  EXPECT_EQ(only("return-corrupted-data").kind, FaultKind::wrong_bytes);
  EXPECT_EQ(only("return-broken-stream").after_bytes, std::nullopt);
  EXPECT_EQ(only("return-broken-stream-after-4K").after_bytes, 4096U);
  EXPECT_EQ(only("return-broken-stream-final-chunk-after-10B").after_bytes, 10U);
  EXPECT_EQ(only("return-503-after-256K").kind, FaultKind::truncated_download);
  EXPECT_EQ(only("stall-at-256KiB").after_bytes, 262144U);
  EXPECT_EQ(only("stall-always").after_bytes, 0U);
  const Fault stall = only("stall-for-2s-after-1K");
  EXPECT_EQ(stall.stall, std::chrono::seconds(2));
  EXPECT_EQ(stall.after_bytes, 1024U);
  EXPECT_EQ(only("filtered").kind, FaultKind::filtered);
  EXPECT_EQ(parse_instructions("timeout, wrong-bytes")->all().size(), 2U);
  for (const char* wrong : {"x", "return-", "return-200", "stall-for-s-after-1K", "stall-at-",
                            "return-503-after-", "stall-for-1s", "filtered,"})
    EXPECT_EQ(parse_instructions(wrong).has_value(), std::string_view(wrong) == "filtered,")
        << wrong;
}

TEST(FaultPlan, CountsDown) {
  FaultPlan plan({rule("429@2"), rule("filtered@1")});
  EXPECT_TRUE(plan.draw(Place::submit).has(FaultKind::status));
  // What the error would have hidden is still there.
  EXPECT_FALSE(plan.draw(Place::poll).has(FaultKind::filtered));
  EXPECT_TRUE(plan.draw(Place::submit).has(FaultKind::filtered));
  EXPECT_TRUE(plan.draw(Place::submit).all().empty());
}

TEST(FaultPlan, FollowsItsProbability) {
  FaultPlan plan({rule("503:0.25")});
  int struck = 0;
  for (int i = 0; i < 4000; ++i) struck += plan.draw(Place::poll).all().empty() ? 0 : 1;
  EXPECT_NEAR(struck, 1000, 110);  // four standard deviations
  FaultPlan never({rule("503:0")});
  EXPECT_TRUE(never.draw(Place::poll).all().empty());
}

}  // namespace
}  // namespace videogen::emulator
