#include "pool/cache_pool.h"

#include <cstring>
#include <fstream>
#include <latch>
#include <thread>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pool/backends_for_test_internal.h"
#include "pool/core_internal.h"

namespace videogen::pool {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

constexpr std::size_t kMiB = std::size_t{1} << 20U;

CacheRequest asks(std::string id, std::size_t bytes, Use use = Use::shared) {
  CacheRequest request;
  request.model = "m";
  request.cache_id = std::move(id);
  request.bytes = bytes;
  request.use = use;
  request.deadline = 10s;
  return request;
}

// A GiB holds this many: capacities are given in GiB.
PoolConfig of_mib(double mib) {
  PoolConfig config;
  config.capacity_per_device_gb = mib / 1024;
  return config;
}

CachePool pool_of(const PoolConfig& config) {
  auto pool = CachePool::create(config);
  if (!pool) ADD_FAILURE() << pool.error().message;
  return *std::move(pool);
}

Reason why(const PoolResult<Lease>& lease) {
  EXPECT_FALSE(lease);
  return lease ? Reason::not_found : lease.error().reason;
}

std::size_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  in >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST(CachePool, MemoryComesAndGoesWithItsLease) {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "a sanitizer's own memory hides what this measures";
#endif
  CachePool pool = pool_of(of_mib(64));
  const std::size_t before = resident_bytes();
  {
    auto lease = pool.request_cache(asks("a", 32 * kMiB));
    ASSERT_TRUE(lease);
    ASSERT_EQ(lease->bytes().size(), 32 * kMiB);
    EXPECT_TRUE(lease->must_fill());
    std::memset(lease->bytes().data(), 7, lease->bytes().size());
    lease->publish();
    EXPECT_EQ(pool.snapshot().devices[0].leased, 32 * kMiB);
    EXPECT_GT(resident_bytes(), before + 16 * kMiB);
  }
  EXPECT_EQ(pool.snapshot().devices[0].idle, 32 * kMiB);
  {
    const auto again = pool.request_cache(asks("a", 32 * kMiB));
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->must_fill());
    EXPECT_EQ(again->bytes().back(), std::byte{7}) << "idle entries keep what was published";
  }
  EXPECT_EQ(pool.trim(), 32 * kMiB);
  EXPECT_EQ(pool.snapshot().devices[0].committed, 0U);
  EXPECT_LT(resident_bytes(), before + 8 * kMiB);
}

TEST(CachePool, SettingsOutOfRangeAreNamed) {
  const auto message = [](auto change) {
    PoolConfig config;
    change(config);
    const auto pool = CachePool::create(config);
    EXPECT_FALSE(pool);
    EXPECT_EQ(pool.error().code, ErrorCode::usage);
    return pool.error().message;
  };
  EXPECT_THAT(message([](PoolConfig& c) { c.device_ids = {}; }), testing::HasSubstr("device_ids"));
  EXPECT_THAT(message([](PoolConfig& c) { c.device_ids = {1, 1}; }), testing::HasSubstr("twice"));
  EXPECT_THAT(message([](PoolConfig& c) { c.capacity_per_device_gb = 0; }),
              testing::HasSubstr("capacity_per_device_gb"));
  EXPECT_THAT(message([](PoolConfig& c) { c.gc_low = 0.9; }), testing::HasSubstr("gc_threshold"));
  EXPECT_THAT(message([](PoolConfig& c) { c.capacity_per_device_gb = 1e-6; }),
              testing::HasSubstr("chunk"));
}

TEST(CachePool, NoDeviceOffersMoreThanTheMachineHas) {
  PoolConfig config;
  config.capacity_per_device_gb = 1024.0 * 1024.0;
  config.device_ids = {0, 1};
  CachePool pool = pool_of(config);
  const Snapshot snapshot = pool.snapshot();
  EXPECT_LT(snapshot.devices[0].target, std::size_t{1} << 50U);
  EXPECT_NEAR(double(snapshot.devices[0].target), double(snapshot.devices[1].target), 1e9);
}

TEST(CachePool, RefusalsCanBeToldApart) {
  PoolConfig config = of_mib(4);
  config.max_waiters = 0;
  CachePool pool = pool_of(config);
  EXPECT_EQ(why(pool.request_cache(asks("big", 5 * kMiB))), Reason::too_large);
  auto whole = pool.request_cache(asks("a", 4 * kMiB));
  ASSERT_TRUE(whole);
  const auto overloaded = pool.request_cache(asks("b", kMiB));
  EXPECT_EQ(why(overloaded), Reason::overloaded);
  EXPECT_GE(overloaded.error().retry_after.value(), 100ms);
  EXPECT_EQ(why(pool.request_cache(asks("a", kMiB))), Reason::conflict);
  EXPECT_EQ(why(pool.try_request(asks("a", 4 * kMiB))), Reason::overloaded) << "not published";
  std::stop_source stop;
  stop.request_stop();
  CacheRequest cancelled = asks("b", kMiB);
  cancelled.stop = stop.get_token();
  EXPECT_EQ(why(pool.request_cache(cancelled)), Reason::cancelled);
  EXPECT_EQ(pool.release_cache("none").error().reason, Reason::not_found);
  EXPECT_EQ(pool.shutdown(1ms).error().reason, Reason::deadline_exceeded);
  EXPECT_EQ(why(pool.request_cache(asks("b", kMiB))), Reason::shutting_down);
  whole->release();
  EXPECT_TRUE(pool.shutdown(1ms));
  const PoolCounters counters = pool.snapshot().counters;
  EXPECT_EQ(counters.requests, 7U);
  EXPECT_EQ(counters.granted, 1U);
  EXPECT_EQ(counters.too_large + counters.overloaded + counters.conflicts + counters.cancelled +
                counters.shut_down,
            6U);
}

TEST(CachePool, ARefusalIsAnErrorLikeAnyOther) {
  const auto ask = []() -> Result<int> {
    CachePool pool = pool_of(of_mib(4));
    VIDEOGEN_TRY(const Lease lease, pool.request_cache(asks("a", 5 * kMiB)));
    return int(lease.bytes().size());
  };
  const auto result = ask();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::limit);
  EXPECT_THAT(result.error().message, testing::HasSubstr("a of m (5242880 bytes)"));
  for (const Reason reason :
       {Reason::too_large, Reason::overloaded, Reason::deadline_exceeded, Reason::cancelled,
        Reason::conflict, Reason::backend_error, Reason::shutting_down, Reason::not_found})
    EXPECT_FALSE(name(reason).empty());
}

TEST(CachePool, AWaiterIsServedWhenALeaseEnds) {
  CachePool pool = pool_of(of_mib(4));
  auto first = pool.request_cache(asks("a", 3 * kMiB, Use::exclusive));
  ASSERT_TRUE(first);
  std::jthread other([&] {
    while (pool.snapshot().waiting == 0) std::this_thread::sleep_for(1ms);
    first->release();
  });
  EXPECT_TRUE(pool.request_cache(asks("b", 3 * kMiB, Use::exclusive)));
  EXPECT_EQ(pool.snapshot().counters.waited, 1U);
  EXPECT_EQ(pool.snapshot().counters.evictions, 1U);
}

TEST(CachePool, WaitingEndsAtItsDeadlineAndWhenItIsCancelled) {
  CachePool pool = pool_of(of_mib(4));
  const auto whole = pool.request_cache(asks("a", 4 * kMiB));
  CacheRequest late = asks("b", kMiB);
  late.deadline = 30ms;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(why(pool.request_cache(late)), Reason::deadline_exceeded);
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(took, 30ms);
  EXPECT_LT(took, 5s);
  std::stop_source stop;
  CacheRequest cancelled = asks("c", kMiB);
  cancelled.stop = stop.get_token();
  std::jthread other([&] {
    while (pool.snapshot().waiting == 0) std::this_thread::sleep_for(1ms);
    stop.request_stop();
  });
  EXPECT_EQ(why(pool.request_cache(cancelled)), Reason::cancelled);
  EXPECT_EQ(pool.snapshot().waiting, 0U);
}

TEST(CachePool, OneFillsAndAllOthersWaitForIt) {
  CachePool pool = pool_of(of_mib(64));
  std::atomic<int> fills = 0, right = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 20; ++i)
    threads.emplace_back([&] {
      auto lease = pool.request_cache(asks("weights", kMiB));
      if (!lease) return;
      if (lease->must_fill()) {
        std::this_thread::sleep_for(5ms);
        if (++fills < 3) return;  // two give up half-way
        std::memset(lease->bytes().data(), 42, lease->bytes().size());
        lease->publish();
      }
      right += lease->bytes().front() == std::byte{42} && lease->bytes().back() == std::byte{42};
    });
  threads.clear();
  EXPECT_EQ(fills, 3);
  EXPECT_EQ(right, 18);
}

TEST(CachePool, LeasesOutliveThePool) {
  Lease lease;
  {
    CachePool pool = pool_of(of_mib(8));
    auto got = pool.request_cache(asks("a", kMiB));
    ASSERT_TRUE(got);
    lease = *std::move(got);
  }
  std::memset(lease.bytes().data(), 1, lease.bytes().size());
  lease.publish();
  lease.release();
  EXPECT_FALSE(lease);
}

TEST(CachePool, IdleMemoryIsGivenBackByTheClock) {
  PoolConfig config = of_mib(10);
  config.idle_ttl = 50ms;
  CachePool pool = pool_of(config);
  ASSERT_TRUE(pool.request_cache(asks("a", kMiB, Use::exclusive)));
  EXPECT_EQ(pool.snapshot().devices[0].idle, kMiB);
  const auto start = std::chrono::steady_clock::now();
  // Nobody calls the pool but to look.
  while (pool.snapshot().devices[0].idle > 0 && std::chrono::steady_clock::now() < start + 10s)
    std::this_thread::sleep_for(5ms);
  EXPECT_EQ(pool.snapshot().devices[0].committed, 0U);
  EXPECT_GE(std::chrono::steady_clock::now() - start, 40ms);
}

TEST(CachePool, AboveTheThresholdIdleEntriesGoUntilTheLowMark) {
  CachePool pool = pool_of(of_mib(10));
  {
    std::vector<Lease> leases;
    for (int i = 0; i < 9; ++i)
      leases.push_back(pool.request_cache(asks(std::to_string(i), kMiB, Use::exclusive)).value());
    EXPECT_EQ(pool.snapshot().devices[0].leased, 9 * kMiB) << "leased ones stay, however full";
  }
  const auto start = std::chrono::steady_clock::now();
  while (pool.snapshot().devices[0].committed > 8 * kMiB &&
         std::chrono::steady_clock::now() < start + 10s)
    std::this_thread::sleep_for(1ms);
  EXPECT_LE(pool.snapshot().devices[0].committed, 8 * kMiB);
}

TEST(CachePool, AnExclusiveBufferIsUsedAgain) {
  CachePool pool = pool_of(of_mib(10));
  const std::byte* place = nullptr;
  {
    const auto first = pool.request_cache(asks("arena", kMiB, Use::exclusive));
    const auto second = pool.request_cache(asks("arena", kMiB, Use::exclusive));
    EXPECT_NE(first->bytes().data(), second->bytes().data());
    place = first->bytes().data();  // ends last
  }
  EXPECT_EQ(pool.request_cache(asks("arena", kMiB, Use::exclusive))->bytes().data(), place);
  EXPECT_EQ(pool.snapshot().counters.hits, 1U);
}

TEST(CachePool, PinnedEntriesStayUntilTheyAreReleased) {
  CachePool pool = pool_of(of_mib(4));
  CacheRequest weights = asks("weights", 3 * kMiB);
  weights.pinned = true;
  pool.request_cache(weights)->publish();
  EXPECT_EQ(pool.trim(), 0U);
  EXPECT_EQ(why(pool.try_request(asks("other", 2 * kMiB))), Reason::too_large);
  EXPECT_EQ(pool.snapshot().devices[0].pinned, 3 * kMiB);
  EXPECT_TRUE(pool.release_cache("weights"));
  EXPECT_TRUE(pool.try_request(asks("other", 2 * kMiB)));
  EXPECT_EQ(pool.release_cache("weights").error().reason, Reason::not_found);
}

TEST(CachePool, AReleasedIdIsNotFoundAgainWhileALeaseHoldsIt) {
  CachePool pool = pool_of(of_mib(10));
  auto old = pool.request_cache(asks("a", kMiB));
  old->publish();
  EXPECT_TRUE(pool.release_cache("a"));
  EXPECT_TRUE(pool.release_cache("a")) << "as often as one likes";
  auto fresh = pool.request_cache(asks("a", kMiB));
  ASSERT_TRUE(fresh);
  EXPECT_TRUE(fresh->must_fill());
  EXPECT_NE(fresh->bytes().data(), old->bytes().data());
  EXPECT_GT(fresh->generation(), old->generation());
  fresh->publish();
  old->release();  // late, of an old generation
  EXPECT_EQ(pool.snapshot().devices[0].leased, kMiB);
  EXPECT_FALSE(pool.request_cache(asks("a", kMiB))->must_fill());
}

TEST(CachePool, ShrinkingBelowWhatIsLeasedWaitsForTheLeases) {
  CachePool pool = pool_of(of_mib(8));
  auto lease = pool.request_cache(asks("a", 6 * kMiB, Use::exclusive));
  EXPECT_EQ(pool.resize(0, 4 * kMiB).value(), CachePool::Resized::deferred);
  EXPECT_EQ(pool.snapshot().devices[0].capacity, 6 * kMiB);
  EXPECT_EQ(pool.snapshot().devices[0].target, 4 * kMiB);
  EXPECT_EQ(why(pool.request_cache(asks("b", 5 * kMiB))), Reason::too_large);
  EXPECT_EQ(why(pool.try_request(asks("b", kMiB))), Reason::overloaded);
  lease->release();
  EXPECT_TRUE(pool.request_cache(asks("b", kMiB)));
  EXPECT_EQ(pool.resize(0, 2 * kMiB).value(), CachePool::Resized::applied);
  EXPECT_EQ(pool.resize(3, kMiB).error().reason, Reason::not_found);
  EXPECT_EQ(pool.resize(0, std::size_t{1} << 60U).error().reason, Reason::too_large);
}

TEST(CachePool, NewEntriesGoRoundTheDevicesAndToTheirModelsWeights) {
  PoolConfig config = of_mib(8);
  config.device_ids = {4, 7, 9};
  CachePool pool = pool_of(config);
  std::vector<Lease> leases;
  std::vector<int> devices;
  for (int i = 0; i < 4; ++i) {
    leases.push_back(pool.request_cache(asks(std::to_string(i), kMiB)).value());
    devices.push_back(leases.back().device());
  }
  EXPECT_EQ(devices, (std::vector{4, 7, 9, 4}));
  CacheRequest weights = asks("weights", kMiB);
  weights.model = "clip";
  weights.pinned = true;
  leases.push_back(pool.request_cache(weights).value());
  EXPECT_EQ(leases.back().device(), 7);
  for (int i = 0; i < 2; ++i) {
    CacheRequest arena = asks("arena", 2 * kMiB, Use::exclusive);
    arena.model = "clip";
    leases.push_back(pool.request_cache(arena).value());
    EXPECT_EQ(leases.back().device(), 7) << "where its model's weights are";
  }
  // Device 7 has 2 MiB left, so the third goes elsewhere: it is 9's turn.
  CacheRequest large = asks("large", 3 * kMiB, Use::exclusive);
  large.model = "clip";
  EXPECT_EQ(pool.request_cache(large)->device(), 9);
}

TEST(CachePool, MemoryOfOthersIsListedAndNotCounted) {
  CachePool pool = pool_of(of_mib(8));
  {
    const ExternalEntry weights =
        pool.note_external({"clip", "vision weights", 350 * kMiB, "mapped file"});
    ASSERT_EQ(pool.snapshot().external.size(), 1U);
    EXPECT_EQ(pool.snapshot().external[0].bytes, 350 * kMiB);
    EXPECT_EQ(pool.snapshot().devices[0].committed, 0U);
  }
  EXPECT_TRUE(pool.snapshot().external.empty());
}

// With a virtual clock.
class Queue : public testing::Test {
 protected:
  std::shared_ptr<Core> core(PoolConfig config) {
    std::vector<std::unique_ptr<Backend>> backends;
    backends.push_back(std::make_unique<BookBackend>(std::make_shared<Books>(), 100));
    config.chunk_bytes = 1;
    return Core::create(config, std::move(backends), [this] { return now_; }).value();
  }
  static std::shared_ptr<Waiter> submit(const std::shared_ptr<Core>& core, std::size_t bytes,
                                        Priority priority = Priority::normal) {
    CacheRequest request = asks("x", bytes, Use::exclusive);
    request.priority = priority;
    request.deadline = 1h;
    return core->submit(request, Core::Patience::waits);
  }
  TimePoint now_{1h};
};

TEST_F(Queue, ALowRequestIsServedAtLastWhateverComesAfterIt) {
  PoolConfig config;
  config.aging_quantum = 1s;
  const auto core = this->core(config);
  auto busy = core->collect(*submit(core, 100));
  const auto low = submit(core, 100, Priority::low);
  int served_before = 0;
  while (low->state == Waiter::State::queued && served_before < 100) {
    const auto high = submit(core, 100, Priority::high);
    now_ += 300ms;
    busy->release();
    if (low->state != Waiter::State::queued) {
      EXPECT_EQ(high->state, Waiter::State::queued);
      break;
    }
    busy = core->collect(*high);
    ASSERT_TRUE(busy);
    ++served_before;
  }
  // Two steps of priority are two seconds: seven of them came within that.
  EXPECT_EQ(served_before, 7);
}

TEST_F(Queue, SmallRequestsPassABlockedOneOnlySoOften) {
  PoolConfig config;
  config.max_bypass = 3;
  const auto core = this->core(config);
  auto busy = core->collect(*submit(core, 60));
  const auto blocked = submit(core, 90);
  std::vector<Lease> small;
  for (int i = 0; i < 10; ++i) {
    const auto waiter = submit(core, 5);
    now_ += 1ms;
    if (waiter->state == Waiter::State::admitted) small.push_back(core->collect(*waiter).value());
  }
  EXPECT_EQ(small.size(), 3U);
  EXPECT_EQ(core->snapshot().counters.bypasses, 3U);
  small.clear();
  EXPECT_EQ(blocked->state, Waiter::State::queued);
  busy->release();
  EXPECT_EQ(blocked->state, Waiter::State::admitted);
  EXPECT_EQ(core->snapshot().waiting, 5U) << "two of the seven fit beside it";
}

TEST_F(Queue, AboveTheThresholdTheLeastRecentlyUsedGoUntilTheLowMark) {
  const auto core = this->core({});
  std::vector<Lease> leases;
  for (int i = 0; i < 9; ++i) leases.push_back(core->collect(*submit(core, 10)).value());
  core->tick();
  EXPECT_EQ(core->snapshot().devices[0].leased, 90U) << "leased ones stay, however full";
  std::vector<std::uint64_t> generations;
  for (auto lease = leases.rbegin(); lease != leases.rend(); ++lease) {
    generations.push_back(lease->generation());
    lease->release();
  }
  core->tick();
  const Snapshot after = core->snapshot();
  EXPECT_EQ(after.devices[0].idle, 70U);
  for (const EntrySnapshot& entry : after.entries)
    EXPECT_NE(entry.generation, generations[0]) << "it had been idle for longest";
  core->tick();
  EXPECT_EQ(core->snapshot().devices[0].idle, 70U) << "below the threshold nothing is collected";
}

TEST_F(Queue, RetryAfterFollowsTheRateAtWhichLeasesEnd) {
  PoolConfig config;
  config.max_waiters = 3;
  const auto core = this->core(config);
  for (int i = 0; i < 5; ++i) {
    auto lease = core->collect(*submit(core, 100));
    now_ += 2s;
    lease->release();
  }
  const auto busy = core->collect(*submit(core, 100));
  std::vector<std::shared_ptr<Waiter>> waiting;
  for (int i = 0; i < 3; ++i) waiting.push_back(submit(core, 100));
  const auto refused = submit(core, 100);
  ASSERT_EQ(refused->state, Waiter::State::refused);
  // Four before it, one lease every two seconds.
  EXPECT_EQ(refused->refusal->retry_after, 8s);
}

TEST_F(Queue, UtilisationIsLeasedBytesOverTime) {
  const auto core = this->core({});
  auto lease = core->collect(*submit(core, 80));
  now_ += 30s;
  lease->release();
  now_ += 10s;
  EXPECT_DOUBLE_EQ(core->snapshot().devices[0].utilisation, 0.6);  // 80 · 30 / (100 · 40)
}

}  // namespace
}  // namespace videogen::pool
