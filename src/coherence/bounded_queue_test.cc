#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "coherence/bounded_queue_internal.h"

namespace videogen::coherence {
namespace {

TEST(BoundedQueue, HandsItemsOverInOrder) {
  BoundedQueue<int> queue(2);
  const std::stop_token never;
  std::jthread producer([&] {
    for (int i = 0; i < 1000; ++i) queue.push(i, never);
    queue.close();
  });
  std::vector<int> taken;
  while (const auto item = queue.pop(never)) taken.push_back(*item);
  ASSERT_EQ(taken.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(taken[static_cast<std::size_t>(i)], i);
}

TEST(BoundedQueue, NeverHoldsMoreThanItsCapacity) {
  struct Counted {
    explicit Counted(std::atomic<int>& alive) : alive_(&alive) { ++*alive_; }
    Counted(Counted&& other) noexcept : alive_(std::exchange(other.alive_, nullptr)) {}
    Counted& operator=(Counted&& other) noexcept {
      std::swap(alive_, other.alive_);
      return *this;
    }
    ~Counted() {
      if (alive_ != nullptr) --*alive_;
    }
    std::atomic<int>* alive_;
  };
  std::atomic<int> alive = 0;
  int most = 0;
  BoundedQueue<Counted> queue(3);
  const std::stop_token never;
  std::jthread producer([&] {
    for (int i = 0; i < 200; ++i) queue.push(Counted(alive), never);
    queue.close();
  });
  while (const auto item = queue.pop(never)) most = std::max(most, alive.load());
  EXPECT_LE(most, 3 + 2);  // in the queue, in the producer's and in the consumer's hand
  EXPECT_EQ(alive, 0);
}

TEST(BoundedQueue, WakesBothSidesOnAStop) {
  std::stop_source stop;
  BoundedQueue<int> full(1), empty(1);
  ASSERT_TRUE(full.push(1, stop.get_token()));
  bool pushed = true, popped = true;
  {
    const std::jthread producer([&] { pushed = full.push(2, stop.get_token()); });
    const std::jthread consumer([&] { popped = empty.pop(stop.get_token()).has_value(); });
    stop.request_stop();
  }
  EXPECT_FALSE(pushed);
  EXPECT_FALSE(popped);
}

TEST(BoundedQueue, GivesWhatIsLeftAfterClosing) {
  BoundedQueue<int> queue(2);
  queue.push(7, {});
  queue.close();
  EXPECT_EQ(queue.pop({}), 7);
  EXPECT_EQ(queue.pop({}), std::nullopt);
}

}  // namespace
}  // namespace videogen::coherence
