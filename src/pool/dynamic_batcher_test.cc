#include "pool/dynamic_batcher.h"

#include <atomic>
#include <latch>
#include <numeric>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::pool {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t kIn = 3, kOut = 2;
constexpr float kBad = -1, kSlow = -2;

// Of each item (a, b, c): a + b + c and a - c. An item that begins with kBad spoils its batch.
struct Adder {
  std::mutex mutex;
  std::vector<std::size_t> sizes;
  std::latch started{1};
  std::atomic<bool> hold = false;
  std::atomic<int> stopped = 0;

  TensorStage stage() {
    return {kIn, kOut, [this](std::span<const float> in, const std::stop_token& stop) {
              return add(in, stop);
            }};
  }
  Result<std::vector<float>> add(std::span<const float> in, const std::stop_token& stop) {
    {
      const std::lock_guard lock(mutex);
      sizes.push_back(in.size() / kIn);
      if (sizes.size() == 1) started.count_down();
    }
    while (hold && !stop.stop_requested()) std::this_thread::sleep_for(1ms);
    std::vector<float> out;
    for (std::size_t i = 0; i < in.size(); i += kIn) {
      if (in[i] == kBad) return fail(ErrorCode::corrupt, "a bad item");
      if (in[i] == kSlow) {
        while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
      }
      out.push_back(in[i] + in[i + 1] + in[i + 2]);
      out.push_back(in[i] - in[i + 2]);
    }
    if (stop.stop_requested()) {
      ++stopped;
      return fail(ErrorCode::interrupted, "stopped");
    }
    return out;
  }
  std::vector<std::size_t> ran() {
    const std::lock_guard lock(mutex);
    return sizes;
  }
};

std::unique_ptr<DynamicBatcher> batcher(Adder& adder, const BatcherOptions& options = {}) {
  return DynamicBatcher::create(adder.stage(), options).value();
}

std::vector<float> items(std::size_t count, float from) {
  std::vector<float> in(count * kIn);
  std::iota(in.begin(), in.end(), from);
  return in;
}

std::vector<float> sums(const std::vector<float>& in) {
  std::vector<float> out;
  for (std::size_t i = 0; i < in.size(); i += kIn) {
    out.push_back(in[i] + in[i + 1] + in[i + 2]);
    out.push_back(in[i] - in[i + 2]);
  }
  return out;
}

void wait_for_depth(const DynamicBatcher& batcher, std::size_t depth) {
  while (batcher.statistics().queue_depth != depth) std::this_thread::sleep_for(1ms);
}

// A model that is busy with one item while the test fills the queue.
class Busy {
 public:
  explicit Busy(const BatcherOptions& options = {}) : batcher(pool::batcher(adder, options)) {
    adder.hold = true;
    first_ = std::jthread([this] { EXPECT_TRUE(batcher->run(first_in_)); });
    adder.started.wait();
  }
  ~Busy() { go(); }
  void go() { adder.hold = false; }
  // Queues a request behind those before.
  std::jthread ask(std::vector<float> in, PoolResult<std::vector<float>>& out,
                   const std::stop_token& stop = {}, std::optional<milliseconds> timeout = {}) {
    const std::size_t depth = batcher->statistics().queue_depth + in.size() / kIn;
    std::jthread thread(
        [this, in = std::move(in), &out, stop, timeout] { out = batcher->run(in, stop, timeout); });
    wait_for_depth(*batcher, depth);
    return thread;
  }

  Adder adder;
  std::unique_ptr<DynamicBatcher> batcher;

 private:
  std::vector<float> first_in_ = items(1, 0);
  std::jthread first_;
};

using Rows = PoolResult<std::vector<float>>;

TEST(DynamicBatcher, ItemsOfDifferentRequestsShareABatch) {
  Busy busy;
  std::vector<Rows> rows(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < 4; ++i)
      threads.push_back(busy.ask(items(i + 1, float(10 * i)), rows[i]));
    busy.go();
  }
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(rows[i].value(), sums(items(i + 1, float(10 * i))));
  EXPECT_EQ(busy.adder.ran(), (std::vector<std::size_t>{1, 8, 2}));
  const BatcherStatistics statistics = busy.batcher->statistics();
  EXPECT_EQ(statistics.batches_by_size[8], 1U);
  EXPECT_EQ(statistics.batches_by_size[2], 1U);
  EXPECT_EQ(statistics.items, 11U);
  EXPECT_EQ(statistics.deepest_queue, 10U);
  EXPECT_EQ(statistics.queue_depth, 0U);
}

TEST(DynamicBatcher, AloneNothingIsWaitedFor) {
  Adder adder;
  const auto alone = batcher(adder);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(alone->run(items(2, 5)).value(), sums(items(2, 5)));
  EXPECT_EQ(adder.ran(), (std::vector<std::size_t>{2, 2, 2}));
  EXPECT_TRUE(alone->run({})->empty());
}

TEST(DynamicBatcher, ALongRequestIsCutAndOthersTakeTurns) {
  Busy busy(BatcherOptions{.max_batch_size = 4});
  std::vector<Rows> rows(2);
  {
    const auto longest = busy.ask(items(10, 0), rows[0]);
    const auto shorter = busy.ask(items(2, 50), rows[1]);
    busy.go();
  }
  EXPECT_EQ(rows[0].value(), sums(items(10, 0)));
  EXPECT_EQ(rows[1].value(), sums(items(2, 50)));
  // 4 of the long one; the short one with 2 more of it; the rest.
  EXPECT_EQ(busy.adder.ran(), (std::vector<std::size_t>{1, 4, 4, 4}));
}

TEST(DynamicBatcher, ABadItemFailsOnlyItsOwnRequest) {
  Busy busy;
  std::vector<Rows> rows(5);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < 5; ++i) {
      std::vector<float> in = items(1, float(i));
      if (i == 3) in[0] = kBad;
      threads.push_back(busy.ask(in, rows[i]));
    }
    busy.go();
  }
  for (std::size_t i = 0; i < 5; ++i) {
    if (i == 3) {
      ASSERT_FALSE(rows[i]);
      EXPECT_EQ(rows[i].error().code, ErrorCode::corrupt);
      EXPECT_EQ(rows[i].error().message, "a bad item");
      EXPECT_EQ(rows[i].error().reason, Reason::backend_error);
    } else {
      EXPECT_EQ(rows[i].value(), sums(items(1, float(i))));
    }
  }
  // Five fail; two do well, three fail; one does well, two fail; one fails, one does well.
  EXPECT_EQ(busy.adder.ran(), (std::vector<std::size_t>{1, 5, 2, 3, 1, 2, 1, 1}));
  EXPECT_EQ(busy.batcher->statistics().failed, 1U);
}

TEST(DynamicBatcher, WhatIsLateOrCancelledIsNotRun) {
  Busy busy;
  Rows late, cancelled, good;
  std::stop_source stop;
  {
    auto first = busy.ask(items(3, 0), late, {}, 30ms);
    auto second = busy.ask(items(2, 0), cancelled, stop.get_token());
    const auto third = busy.ask(items(1, 7), good);
    stop.request_stop();
    second.join();
    first.join();  // both leave while the model is still busy
    EXPECT_EQ(busy.batcher->statistics().queue_depth, 1U);
    busy.go();
  }
  EXPECT_EQ(late.error().reason, Reason::deadline_exceeded);
  EXPECT_EQ(cancelled.error().reason, Reason::cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::interrupted);
  EXPECT_EQ(good.value(), sums(items(1, 7)));
  EXPECT_EQ(busy.adder.ran(), (std::vector<std::size_t>{1, 1}));
  EXPECT_EQ(busy.batcher->statistics().expired, 1U);
  EXPECT_EQ(busy.batcher->statistics().cancelled, 1U);
}

TEST(DynamicBatcher, ABatchThatNobodyWantsIsStopped) {
  Adder adder;
  const auto alone = batcher(adder);
  std::stop_source stop;
  std::jthread other([&] {
    adder.started.wait();
    stop.request_stop();
  });
  const Rows rows = alone->run(std::vector<float>{kSlow, 0, 0}, stop.get_token());
  EXPECT_EQ(rows.error().reason, Reason::cancelled);
  EXPECT_EQ(adder.stopped, 1);
}

TEST(DynamicBatcher, WhoLeavesASharedBatchDoesNotStopItForOthers) {
  Busy busy;
  std::vector<Rows> rows(2);
  std::stop_source stop;
  auto leaving = busy.ask(items(1, 1), rows[0], stop.get_token());
  auto staying = busy.ask(items(1, 2), rows[1]);
  // Lets the first one through and holds the shared batch.
  busy.go();
  while (busy.adder.ran().size() < 2) std::this_thread::yield();
  stop.request_stop();
  leaving.join();
  staying.join();
  EXPECT_EQ(rows[1].value(), sums(items(1, 2)));
}

TEST(DynamicBatcher, AFullQueueRefusesAndSaysWhenToComeAgain) {
  Busy busy(BatcherOptions{.max_queue_size = 3});
  Rows waiting;
  const auto thread = busy.ask(items(3, 0), waiting);
  const Rows refused = busy.batcher->run(items(1, 0));
  EXPECT_EQ(refused.error().reason, Reason::overloaded);
  EXPECT_GE(refused.error().retry_after.value(), 100ms);
  EXPECT_EQ(busy.batcher->run(items(4, 0)).error().reason, Reason::too_large);
  busy.go();
}

TEST(DynamicBatcher, AFullQueueMayBeWaitedFor) {
  BatcherOptions options;
  options.max_queue_size = 2;
  options.when_full = BatcherOptions::WhenFull::wait;
  Adder adder;
  const auto waits = batcher(adder, options);
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 20; ++i)
      threads.emplace_back([&, i] {
        const auto in = items(2, float(i));
        right += waits->run(in) == sums(in);
      });
  }
  EXPECT_EQ(right, 20);
  EXPECT_LE(waits->statistics().deepest_queue, 2U);
}

TEST(DynamicBatcher, WithADelayItWaitsForCompany) {
  BatcherOptions options;
  options.max_batch_size = 2;
  options.max_queue_delay_us = 10s;
  Adder adder;
  const auto patient = batcher(adder, options);
  Rows first, second;
  {
    const std::jthread a([&] { first = patient->run(items(1, 0)); });
    wait_for_depth(*patient, 1);
    const std::jthread b([&] { second = patient->run(items(1, 1)); });
  }
  EXPECT_TRUE(first && second);
  EXPECT_EQ(adder.ran(), std::vector<std::size_t>{2});
  options.max_queue_delay_us = 2ms;
  const auto brisk = batcher(adder, options);
  EXPECT_TRUE(brisk->run(items(1, 0))) << "and no longer than that";
}

TEST(DynamicBatcher, DrainingEndsWhatWasTakenAndStoppingDoesNot) {
  {
    Busy busy;
    Rows rows;
    const auto thread = busy.ask(items(2, 0), rows);
    std::jthread later([&] {
      std::this_thread::sleep_for(5ms);
      busy.go();
    });
    busy.batcher->drain();
    EXPECT_EQ(busy.adder.ran().size(), 2U);
    EXPECT_EQ(busy.batcher->run(items(1, 0)).error().reason, Reason::shutting_down);
  }
  Adder adder;
  const auto slow = batcher(adder);
  Rows running;
  std::jthread caller([&] { running = slow->run(std::vector<float>{kSlow, 0, 0}); });
  adder.started.wait();
  slow->stop();
  caller.join();
  EXPECT_EQ(running.error().reason, Reason::shutting_down);
}

TEST(DynamicBatcher, AModelThatBreaksItsWordIsAnError) {
  const auto run = [](auto stage) {
    const auto odd = DynamicBatcher::create({kIn, kOut, stage}, {}).value();
    return odd->run(items(1, 0)).error();
  };
  const Refusal few =
      run([](auto, auto) -> Result<std::vector<float>> { return std::vector<float>(1); });
  EXPECT_THAT(few.message, testing::HasSubstr("1 numbers instead of 2"));
  const Refusal thrown = run(
      [](auto, auto) -> Result<std::vector<float>> { throw std::runtime_error("out of memory"); });
  EXPECT_THAT(thrown.message, testing::HasSubstr("out of memory"));
  EXPECT_EQ(thrown.code, ErrorCode::internal);
  Adder adder;
  EXPECT_EQ(DynamicBatcher::create(adder.stage(), {.max_batch_size = 0}).error().code,
            ErrorCode::usage);
}

TEST(DynamicBatcher, LeasesItsArenaFromThePool) {
  auto pool = CachePool::create({}).value();
  Adder adder;
  {
    BatcherOptions options;
    options.pool = &pool;
    options.model = "adder";
    const auto leasing = batcher(adder, options);
    const Snapshot snapshot = pool.snapshot();
    ASSERT_EQ(snapshot.entries.size(), 1U);
    EXPECT_EQ(snapshot.entries[0].model, "adder");
    EXPECT_EQ(snapshot.entries[0].cache_id, "arena/8");
    EXPECT_EQ(snapshot.devices[0].requested, 8 * kIn * sizeof(float));
    EXPECT_TRUE(leasing->run(items(3, 0)));
  }
  EXPECT_EQ(pool.snapshot().devices[0].leased, 0U);
}

// Many threads with good, bad, cancelled and hurried requests.
TEST(DynamicBatcher, AHundredThreadsEachGetTheirOwn) {
  BatcherOptions options;
  options.max_queue_size = 64;
  options.when_full = BatcherOptions::WhenFull::wait;
  Adder adder;
  const auto shared = batcher(adder, options);
  std::atomic<int> right = 0, wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 100; ++t)
      threads.emplace_back([&, t] {
        std::mt19937 random(static_cast<unsigned>(t));
        for (int i = 0; i < 20; ++i) {
          auto in = items(1 + random() % 10, float(random() % 1000));
          const auto kind = random() % 6;
          if (kind == 0) in[in.size() - kIn] = kBad;
          std::stop_source stop;
          if (kind == 1) stop.request_stop();
          const Rows rows =
              shared->run(in, stop.get_token(),
                          kind == 2 ? std::optional(milliseconds(random() % 2)) : std::nullopt);
          bool fine = false;
          if (rows) fine = kind != 0 && kind != 1 && *rows == sums(in);
          if (!rows && kind == 0) fine = rows.error().message == "a bad item";
          if (!rows && kind == 1) fine = rows.error().reason == Reason::cancelled;
          if (!rows && kind == 2) fine = rows.error().reason == Reason::deadline_exceeded;
          ++(fine ? right : wrong);
        }
      });
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(right, 2000);
}

}  // namespace
}  // namespace videogen::pool
