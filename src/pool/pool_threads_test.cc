// A hundred threads, on real memory and real time; the thread sanitizer runs these, too.
#include <atomic>
#include <cstring>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "pool/backends_for_test_internal.h"
#include "pool/cache_pool.h"

namespace videogen::pool {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t kKiB = 1024;

struct Ends {
  std::atomic<int> granted = 0, late = 0, cancelled = 0, overloaded = 0, shut_down = 0, other = 0;
  void count(const PoolResult<Lease>& lease) {
    if (lease) {
      ++granted;
      return;
    }
    switch (lease.error().reason) {
      case Reason::deadline_exceeded:
        ++late;
        break;
      case Reason::cancelled:
        ++cancelled;
        break;
      case Reason::overloaded:
        ++overloaded;
        break;
      case Reason::shutting_down:
        ++shut_down;
        break;
      default:
        ++other;
    }
  }
  [[nodiscard]] int sum() const {
    return granted + late + cancelled + overloaded + shut_down + other;
  }
};

PoolConfig two_small_devices() {
  PoolConfig config;
  config.device_ids = {0, 1};
  config.capacity_per_device_gb = 2.0 / 1024;
  config.idle_ttl = 2ms;
  config.max_waiters = 60;
  config.aging_quantum = 1ms;
  return config;
}

// Writes its own mark all over an exclusive buffer and finds it there again.
bool keeps_to_itself(const Lease& lease, int mark) {
  std::memset(lease.bytes().data(), mark, lease.bytes().size());
  std::this_thread::yield();
  for (const std::byte byte : lease.bytes())
    if (byte != static_cast<std::byte>(mark)) return false;
  return true;
}

bool fills_or_finds(Lease& lease, int mark) {
  if (lease.must_fill()) {
    std::memset(lease.bytes().data(), mark, lease.bytes().size());
    lease.publish();
    return true;
  }
  return lease.bytes().front() == static_cast<std::byte>(mark) &&
         lease.bytes().back() == static_cast<std::byte>(mark);
}

TEST(PoolThreads, AHundredAskAtOnceAndEachEndsOnce) {
  constexpr int kThreads = 100, kRounds = 40;
  auto pool = CachePool::create(two_small_devices()).value();
  Ends ends;
  std::atomic<int> spoilt = 0;
  std::atomic<bool> over = false;
  std::jthread watching([&] {
    while (!over) {
      for (const DeviceSnapshot& device : pool.snapshot().devices) {
        EXPECT_LE(device.committed, device.capacity);
        EXPECT_EQ(device.capacity, device.target);
        EXPECT_EQ(device.committed, device.leased + device.idle + device.in_flight);
      }
      if (pool.snapshot().waiting > 10) pool.trim();
      std::this_thread::sleep_for(1ms);
    }
  });
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i)
      threads.emplace_back([&, i] {
        std::mt19937 random(static_cast<unsigned>(i));
        for (int round = 0; round < kRounds; ++round) {
          CacheRequest request;
          request.model = "m";
          const auto size = random() % 5;
          request.cache_id = std::to_string(size);
          request.bytes = (1 + size) * 80 * kKiB;
          request.use = random() % 2 == 0 ? Use::shared : Use::exclusive;
          request.priority = static_cast<Priority>(random() % 3);
          request.deadline = std::chrono::milliseconds(random() % 8 == 0 ? 1 : 20'000);
          auto lease = random() % 10 == 0 ? pool.try_request(request) : pool.request_cache(request);
          ends.count(lease);
          if (!lease) continue;
          const bool right = request.use == Use::exclusive ? keeps_to_itself(*lease, i)
                                                           : fills_or_finds(*lease, int(size));
          if (!right) ++spoilt;
          if (random() % 20 == 0) [[maybe_unused]]
            const auto released = pool.release_cache(request.cache_id);
        }
      });
  }
  over = true;
  watching.join();
  EXPECT_EQ(spoilt, 0);
  EXPECT_EQ(ends.sum(), kThreads * kRounds);
  EXPECT_EQ(ends.other, 0);
  EXPECT_GT(ends.granted, kThreads * kRounds / 4);
  pool.trim();
  const Snapshot after = pool.snapshot();
  EXPECT_EQ(after.waiting, 0U);
  for (const DeviceSnapshot& device : after.devices) EXPECT_EQ(device.committed, 0U);
}

TEST(PoolThreads, AStormOfCancellationsLosesNobody) {
  constexpr int kThreads = 100;
  auto pool = CachePool::create(two_small_devices()).value();
  Ends ends;
  for (int round = 0; round < 5; ++round) {
    std::vector<Lease> all;
    for (int i = 0; i < 2; ++i) {
      CacheRequest request{.model = "m", .cache_id = "all", .bytes = 2048 * kKiB};
      request.use = Use::exclusive;
      all.push_back(pool.request_cache(request).value());
    }
    std::stop_source stop;
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i)
      threads.emplace_back([&, i] {
        CacheRequest request{.model = "m", .cache_id = std::to_string(i), .bytes = 64 * kKiB};
        request.stop = stop.get_token();
        ends.count(pool.request_cache(request));
      });
    while (pool.snapshot().waiting < 60) std::this_thread::sleep_for(1ms);
    std::jthread storm([&] { stop.request_stop(); });
    all.clear();  // grants and cancellations meet
  }
  EXPECT_EQ(ends.sum(), 5 * kThreads);
  EXPECT_EQ(ends.granted + ends.cancelled + ends.overloaded, 5 * kThreads);
  EXPECT_GT(ends.cancelled, 0);
  EXPECT_EQ(pool.snapshot().waiting, 0U);
}

TEST(PoolThreads, ShutdownEndsAllThatWaitAndWaitsForLeases) {
  auto books = std::make_shared<Books>();
  std::vector<std::unique_ptr<Backend>> backends;
  backends.push_back(std::make_unique<BookBackend>(books, 100));
  PoolConfig config;
  config.chunk_bytes = 1;
  auto pool = CachePool::create(config, std::move(backends)).value();
  CacheRequest request{.model = "m", .cache_id = "a", .bytes = 100};
  auto held = pool.request_cache(request);
  Ends ends;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 20; ++i)
      threads.emplace_back([&, i] {
        CacheRequest other{.model = "m", .cache_id = std::to_string(i), .bytes = 50};
        ends.count(pool.request_cache(other));
      });
    while (pool.snapshot().waiting < 20) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(pool.shutdown(5ms).error().reason, Reason::deadline_exceeded);
  }
  EXPECT_EQ(ends.shut_down, 20);
  std::jthread later([&] {
    std::this_thread::sleep_for(20ms);
    held->release();
  });
  EXPECT_TRUE(pool.shutdown(10s));
  EXPECT_EQ(books->open(), 0U) << "the last lease took its memory with it";
}

}  // namespace
}  // namespace videogen::pool
