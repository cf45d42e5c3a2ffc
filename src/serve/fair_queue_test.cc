#include "serve/fair_queue.h"

#include <gmock/gmock.h>

namespace videogen::serve {
namespace {

using ::testing::ElementsAre;
using Clock = FairQueue::Clock;

// Everything that waits, in the order in which it would start at `now`.
std::vector<std::string> drained(FairQueue& queue, Clock::time_point now) {
  std::vector<std::string> order;
  while (const auto next = queue.pop(now)) order.push_back(next->job);
  return order;
}

TEST(FairQueue, LetsTenantsTakeTurnsHoweverManyJobsOneHas) {
  FairQueue queue;
  const Clock::time_point now{};
  for (const char* job : {"a1", "a2", "a3"}) queue.push({job, "anna", 0, now});
  queue.push({"b1", "ben", 0, now});
  queue.push({"c1", "cleo", 9, now});  // a priority is a tenant's own affair
  EXPECT_EQ(queue.size(), 5U);
  EXPECT_EQ(queue.size("anna"), 3U);
  EXPECT_EQ(queue.tenants(), 3U);
  EXPECT_THAT(drained(queue, now), ElementsAre("a1", "b1", "c1", "a2", "a3"));
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_EQ(queue.tenants(), 0U);
}

TEST(FairQueue, PutsATenantThatComesBackAtTheEndOfTheRound) {
  FairQueue queue;
  const Clock::time_point now{};
  queue.push({"a1", "anna", 0, now});
  queue.push({"a2", "anna", 0, now});
  queue.push({"b1", "ben", 0, now});
  EXPECT_EQ(queue.pop(now)->job, "a1");
  EXPECT_EQ(queue.pop(now)->job, "b1");
  queue.push({"b2", "ben", 0, now});
  EXPECT_THAT(drained(queue, now), ElementsAre("a2", "b2"));
}

TEST(FairQueue, TakesTheHighestPriorityFirstAndOfEqualsTheOldest) {
  FairQueue queue;
  const Clock::time_point now{};
  queue.push({"low", "anna", -1, now});
  queue.push({"first", "anna", 0, now});
  queue.push({"second", "anna", 0, now});
  queue.push({"high", "anna", 2, now});
  EXPECT_THAT(drained(queue, now), ElementsAre("high", "first", "second", "low"));
}

TEST(FairQueue, RaisesWhatHasWaitedSoThatNothingStarves) {
  FairQueue queue;
  const Clock::time_point begin{};
  queue.push({"old", "anna", 0, begin});
  queue.push({"new", "anna", 2, begin + 2 * FairQueue::kStep});
  EXPECT_EQ(queue.pop(begin + 2 * FairQueue::kStep)->job, "old");
  queue.push({"young", "anna", 0, begin + 2 * FairQueue::kStep});
  EXPECT_THAT(drained(queue, begin + 2 * FairQueue::kStep), ElementsAre("new", "young"));
}

TEST(FairQueue, ForgetsWhatIsRemoved) {
  FairQueue queue;
  queue.push({"a1", "anna", 0, {}});
  queue.push({"b1", "ben", 0, {}});
  EXPECT_FALSE(queue.remove("ben", "a1"));
  EXPECT_FALSE(queue.remove("cleo", "a1"));
  EXPECT_TRUE(queue.remove("anna", "a1"));
  EXPECT_FALSE(queue.remove("anna", "a1"));
  EXPECT_THAT(drained(queue, {}), ElementsAre("b1"));
}

}  // namespace
}  // namespace videogen::serve
