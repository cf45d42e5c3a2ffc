// Every call to a device fails once, and from some moment on; and devices that take long.
#include <random>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "pool/backends_for_test_internal.h"
#include "pool/core_internal.h"

namespace videogen::pool {
namespace {

using namespace std::chrono_literals;

class Faults : public testing::Test {
 protected:
  void begin() {
    books_ = std::make_shared<Books>();
    std::vector<std::unique_ptr<Backend>> backends;
    backends.push_back(std::make_unique<BookBackend>(books_, 100));
    PoolConfig config;
    config.chunk_bytes = 10;
    config.idle_ttl = 1s;
    core_ = Core::create(config, std::move(backends), [this] { return now_; }).value();
    failed_.clear();
  }
  PoolResult<Lease> ask(const std::string& id, std::size_t bytes, Use use = Use::shared) {
    CacheRequest request;
    request.model = "m";
    request.cache_id = id;
    request.bytes = bytes;
    request.use = use;
    const auto waiter = core_->submit(request, Core::Patience::tries);
    PoolResult<Lease> lease = core_->collect(*waiter);
    if (!lease) failed_.push_back(lease.error().reason);
    check();
    return lease;
  }
  // Evicts one for another, two for one, by hand, by the clock, and fills a second time.
  void scenario() {
    auto a = ask("a", 50);
    if (a) a->publish();
    auto b = ask("b", 50);
    if (b) b->publish();
    a = {};
    check();
    auto c = ask("c", 40, Use::exclusive);
    b = {};
    check();
    auto d = ask("d", 60);  // never published
    d = {};
    check();
    c = {};
    auto e = ask("e", 95);
    if (e) e->publish();
    e = {};
    [[maybe_unused]] const auto released = core_->release_cache("e");
    check();
    auto f = ask("f", 30, Use::exclusive);
    f = {};
    now_ += 2s;
    core_->tick();
    check();
    auto g = ask("g", 20);
    g = {};
    core_->trim();
    check();
  }
  void check() {
    const Snapshot snapshot = core_->snapshot();
    std::size_t sum = 0;
    for (const EntrySnapshot& entry : snapshot.entries) sum += entry.bytes;
    EXPECT_EQ(snapshot.devices[0].in_flight, 0U);
    EXPECT_EQ(snapshot.devices[0].committed, sum);
    EXPECT_EQ(snapshot.devices[0].committed, books_->committed);
    EXPECT_LE(books_->most_committed, 100U);
    EXPECT_EQ(books_->misuse, std::vector<std::string>{});
  }
  void heal_and_finish(std::size_t addresses_lost) {
    books_->fails = nullptr;
    core_->trim();
    check();
    EXPECT_EQ(core_->snapshot().devices[0].committed, 0U);
    auto whole = ask("whole", 100);
    EXPECT_TRUE(whole) << "all of the device can be had again";
    whole = {};
    ASSERT_TRUE(core_->shutdown(0ms));
    core_.reset();
    EXPECT_EQ(books_->committed, 0U);
    EXPECT_EQ(books_->open(), addresses_lost);
  }

  TimePoint now_{1h};
  std::shared_ptr<Books> books_;
  std::shared_ptr<Core> core_;
  std::vector<Reason> failed_;
};

TEST_F(Faults, EachCallMayFail) {
  begin();
  scenario();
  EXPECT_TRUE(failed_.empty());
  const std::size_t calls = books_->calls;
  heal_and_finish(0);
  ASSERT_GT(calls, 25U);
  std::size_t felt = 0;
  for (std::size_t n = 1; n <= calls; ++n) {
    SCOPED_TRACE(fmt::format("call {}", n));
    begin();
    std::size_t failures = 0;
    books_->fails = [&](std::size_t call) {
      failures += call == n;
      return call == n;
    };
    scenario();
    EXPECT_EQ(failures, 1U);
    EXPECT_EQ(core_->snapshot().counters.backend_failures, 1U);
    for (const Reason reason : failed_) EXPECT_EQ(reason, Reason::backend_error);
    EXPECT_EQ(core_->snapshot().counters.backend_errors, failed_.size());
    felt += failed_.size();
    // Addresses that the device did not take back are lost, and nothing else.
    heal_and_finish(std::min<std::size_t>(books_->open(), 1));
    if (HasFailure()) break;
  }
  EXPECT_GT(felt, 10U);
}

TEST_F(Faults, AllCallsMayFailFromSomeMomentOn) {
  for (std::size_t n = 1; n <= 40; ++n) {
    SCOPED_TRACE(fmt::format("from call {} on", n));
    begin();
    books_->fails = [&](std::size_t call) { return call >= n; };
    scenario();
    books_->fails = nullptr;
    core_->trim();
    EXPECT_EQ(core_->snapshot().devices[0].committed, 0U);
    EXPECT_EQ(books_->committed, 0U);
    if (HasFailure()) break;
  }
}

TEST_F(Faults, AFailedRequestChangesNothingThatOthersHave) {
  begin();
  auto held = ask("held", 30);
  auto kept = ask("kept", 30);
  kept->publish();
  kept->release();
  const auto lines = [&] {
    std::vector<std::string> text;
    for (const EntrySnapshot& e : core_->snapshot().entries)
      text.push_back(fmt::format("{} {} {} {}", e.cache_id, e.bytes, name(e.state), e.generation));
    return text;
  };
  const auto before = lines();
  std::size_t next = 0;
  for (const std::size_t bytes : {40, 50})  // beside what is idle; in its place
    for (std::size_t nth = 1; nth <= 2; ++nth) {
      next = books_->calls + nth;
      books_->fails = [&](std::size_t call) { return call == next; };
      EXPECT_EQ(ask("new", bytes).error().reason, Reason::backend_error);
      EXPECT_EQ(lines(), before) << bytes << " bytes, call " << nth;
    }
  books_->fails = nullptr;
  EXPECT_FALSE(ask("kept", 30)->must_fill()) << "what was to give way is still good";
}

// The old memory of an id is still on its way out when the id is asked for again.
TEST_F(Faults, ASlowDeviceNeverLendsTheSameMemoryTwice) {
  begin();
  auto a = ask("a", 50);
  a->publish();
  const std::byte* const old = a->bytes().data();
  const std::uint64_t generation = a->generation();
  std::atomic<bool> slow = false, hold = false;
  books_->delay = [&] {
    if (!slow) return;
    hold = true;
    while (slow) std::this_thread::sleep_for(1ms);
  };
  ASSERT_TRUE(core_->release_cache("a"));
  slow = true;
  std::jthread releasing([&] { a->release(); });
  while (!hold) std::this_thread::sleep_for(1ms);
  // In flight: neither there to be found nor free.
  EXPECT_EQ(core_->snapshot().devices[0].in_flight, 50U);
  CacheRequest request;
  request.model = "m";
  request.cache_id = "a";
  request.bytes = 60;
  const auto waiter = core_->submit(request, Core::Patience::waits);
  EXPECT_EQ(waiter->state, Waiter::State::queued);
  slow = false;
  releasing.join();
  ASSERT_EQ(waiter->state, Waiter::State::admitted);
  auto fresh = core_->collect(*waiter);
  ASSERT_TRUE(fresh);
  EXPECT_NE(fresh->bytes().data(), old);
  core_->release(generation);
  EXPECT_EQ(core_->snapshot().devices[0].leased, 60U);
  books_->delay = nullptr;
}

TEST_F(Faults, WhoWaitsForMemoryThatIsOnItsWayOutGetsIt) {
  begin();
  auto a = ask("a", 50);
  a->publish();
  a->release();
  std::atomic<bool> slow = true, hold = false;
  books_->delay = [&] {
    hold = true;
    while (slow) std::this_thread::sleep_for(1ms);
  };
  std::jthread trimming([&] { EXPECT_EQ(core_->trim(), 50U); });
  while (!hold) std::this_thread::sleep_for(1ms);
  CacheRequest request{.model = "m", .cache_id = "b", .bytes = 60};
  const auto waiter = core_->submit(request, Core::Patience::waits);
  EXPECT_EQ(waiter->state, Waiter::State::queued);
  slow = false;
  trimming.join();
  ASSERT_EQ(waiter->state, Waiter::State::admitted);
  EXPECT_TRUE(core_->collect(*waiter));
  books_->delay = nullptr;
}

}  // namespace
}  // namespace videogen::pool
