// Random operations on the pool's core and on a slow, plain model of what it should do; the
// clock is virtual, so that a run of hours takes milliseconds.
#include <algorithm>
#include <deque>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "pool/backends_for_test_internal.h"
#include "pool/core_internal.h"

namespace videogen::pool {
namespace {

using std::chrono::milliseconds;
constexpr std::size_t kChunk = 10;
constexpr std::int64_t kTtl = 500, kQuantum = 100;
constexpr int kBypass = 2;
constexpr std::size_t kMaxWaiters = 5;

// One device; times in milliseconds. Everything is a scan of a list.
struct Model {
  struct Item {
    std::string id;
    bool shared;
    std::size_t asked, bytes;
    int leases = 0;
    enum { reserving, filling, ready, idle, evicting } state = reserving;
    bool pinned = false, forgotten = false;
    std::int64_t idle_since = 0;
    int idle_order = 0;
    int number = 0;
  };
  struct Wish {
    int number;
    std::string id;
    bool shared, pinned;
    std::size_t asked;
    std::int64_t rank, deadline;
    int passed = 0;
    std::string state = "queued";
    int item = -1;
    std::size_t extra = 0;
    std::vector<int> victims{};
  };
  std::size_t capacity = 0;
  std::int64_t now = 0;
  int items_made = 0, idle_made = 0;
  std::vector<Item> items;
  std::deque<Wish> wishes;  // all that ever were; the queued ones count
  std::size_t extra = 0;

  static std::size_t rounded(std::size_t bytes) { return (bytes + kChunk - 1) / kChunk * kChunk; }
  Item* item(int number) {
    for (Item& each : items)
      if (each.number == number) return &each;
    return nullptr;
  }
  // What is being made is counted by what it takes beside its victims.
  std::size_t used() const {
    std::size_t sum = extra;
    for (const Item& each : items)
      if (each.state != Item::reserving) sum += each.bytes;
    return sum;
  }
  std::size_t pinned() const {
    std::size_t sum = 0;
    for (const Item& each : items) sum += each.pinned ? each.bytes : 0;
    return sum;
  }
  Item* findable(const std::string& id) {
    for (Item& each : items)
      if (each.shared && each.id == id && !each.forgotten && each.state != Item::evicting)
        return &each;
    return nullptr;
  }
  std::vector<Item*> idle_by_age() {
    std::vector<Item*> list;
    for (Item& each : items)
      if (each.state == Item::idle) list.push_back(&each);
    std::ranges::sort(list, {}, &Item::idle_order);
    return list;
  }
  std::vector<Wish*> queue() {
    std::vector<Wish*> list;
    for (Wish& wish : wishes)
      if (wish.state == "queued") list.push_back(&wish);
    std::ranges::stable_sort(list, {}, [](const Wish* w) { return std::pair(w->rank, w->number); });
    return list;
  }
  std::string refusal(const Wish& wish) {
    const Item* there = wish.shared ? findable(wish.id) : nullptr;
    if (there != nullptr) return there->asked == wish.asked ? "" : "conflict";
    const std::size_t most = capacity - std::min(capacity, pinned());
    return rounded(wish.asked) > most ? "too_large" : "";
  }
  void take(Wish& wish, Item& what, bool fills) {
    what.state = fills ? Item::filling : Item::ready;
    ++what.leases;
    what.pinned |= wish.pinned && !what.forgotten;
    wish.item = what.number;
    wish.state = fills ? "fills" : "granted";
  }
  void pump() {
    Wish* blocked = nullptr;
    for (Wish* wish : queue()) {
      const bool may_pass = blocked == nullptr || blocked->passed < kBypass;
      if (const std::string why = refusal(*wish); !why.empty()) {
        wish->state = why;
        continue;
      }
      Item* there = nullptr;
      if (wish->shared) {
        there = findable(wish->id);
      } else {
        for (Item* each : idle_by_age())
          if (!each->shared && !each->forgotten && each->id == wish->id &&
              each->asked == wish->asked)
            there = each;
      }
      if (there != nullptr) {
        const bool published = there->state == Item::ready || there->state == Item::idle;
        const bool orphan = there->state == Item::filling && there->leases == 0;
        if (wish->shared && published && there->pinned) {
          take(*wish, *there, false);
          continue;
        }
        if ((published || orphan) && may_pass) {
          take(*wish, *there, orphan);
          if (blocked != nullptr) ++blocked->passed;
          continue;
        }
        if (wish->shared) continue;  // waits for the filler, or for the blocked one
      }
      std::size_t victims = 0;
      std::vector<int> chosen;
      const std::size_t bytes = rounded(wish->asked);
      for (Item* each : idle_by_age()) {
        if (used() - victims + bytes <= capacity) break;
        if (each->pinned) continue;
        victims += each->bytes;
        chosen.push_back(each->number);
      }
      if (!may_pass || used() - victims + bytes > capacity) {
        if (blocked == nullptr) blocked = wish;
        continue;
      }
      for (const int number : chosen) item(number)->state = Item::evicting;
      wish->victims = chosen;
      wish->extra = bytes - std::min(bytes, victims);
      extra += wish->extra;
      items.push_back({wish->id, wish->shared, wish->asked, bytes});
      items.back().number = wish->item = ++items_made;
      items.back().pinned = wish->pinned;
      wish->state = "admitted";
      if (blocked != nullptr) ++blocked->passed;
    }
    for (Wish* wish : queue())
      if (const std::string why = refusal(*wish); !why.empty()) wish->state = why;
  }
  void remove(const std::vector<int>& numbers) {
    std::erase_if(items, [&](const Item& each) {
      return std::ranges::find(numbers, each.number) != numbers.end();
    });
  }
  void request(Wish wish, bool tries) {
    if (const std::string why = refusal(wish); !why.empty()) wish.state = why;
    wishes.push_back(wish);
    pump();
    Wish& mine = wishes.back();
    if (mine.state == "queued" && (tries || queue().size() > kMaxWaiters))
      mine.state = "overloaded";
  }
  void collect(Wish& wish) {
    remove(wish.victims);
    extra -= wish.extra;
    Item& mine = *item(wish.item);
    mine.state = wish.shared ? Item::filling : Item::ready;
    mine.leases = 1;
    wish.state = wish.shared ? "fills" : "granted";
    pump();
  }
  void publish(int number) {
    item(number)->state = Item::ready;
    pump();
  }
  void release(int number) {
    Item* mine = item(number);
    if (mine == nullptr || --mine->leases > 0) return;
    const bool unpublished = mine->state == Item::filling;
    if (unpublished && !mine->forgotten) {
      pump();
      mine = item(number);
      if (mine->leases > 0) return;
    }
    mine = item(number);
    if (unpublished || mine->forgotten) {
      remove({number});
    } else {
      mine->state = Item::idle;
      mine->idle_since = now;
      mine->idle_order = ++idle_made;
    }
    pump();
  }
  void release_cache(const std::string& id) {
    std::vector<int> gone;
    for (Item& each : items) {
      if (each.id != id || each.state == Item::evicting) continue;
      each.forgotten = true;
      each.pinned = false;
      if (each.state == Item::idle) gone.push_back(each.number);
    }
    remove(gone);
    pump();
  }
  void trim() {
    std::vector<int> gone;
    for (Item* each : idle_by_age())
      if (!each->pinned) gone.push_back(each->number);
    remove(gone);
    pump();
  }
  void resize(std::size_t bytes) {
    capacity = bytes / kChunk * kChunk;
    std::vector<int> gone;
    std::size_t freed = 0;
    for (Item* each : idle_by_age()) {
      if (used() - freed <= capacity) break;
      if (each->pinned) continue;
      gone.push_back(each->number);
      freed += each->bytes;
    }
    remove(gone);
    pump();
  }
  void tick() {
    bool ended = false;
    for (Wish* wish : queue())
      if (wish->deadline <= now) {
        wish->state = "deadline_exceeded";
        ended = true;
      }
    if (ended) pump();
    std::vector<int> gone;
    std::size_t freed = 0;
    const bool full = used() * 10 > capacity * 8;
    for (Item* each : idle_by_age()) {
      const bool surplus = full && (used() - freed) * 10 > capacity * 7;
      if (each->pinned || (!surplus && each->idle_since + kTtl > now)) continue;
      gone.push_back(each->number);
      freed += each->bytes;
    }
    remove(gone);
    if (freed > 0) pump();
  }
};

class Comparison {
 public:
  explicit Comparison(unsigned seed) : random_(seed) {
    PoolConfig config;
    config.chunk_bytes = kChunk;
    config.idle_ttl = milliseconds(kTtl);
    config.aging_quantum = milliseconds(kQuantum);
    config.max_bypass = kBypass;
    config.max_waiters = kMaxWaiters;
    std::vector<std::unique_ptr<Backend>> backends;
    backends.push_back(std::make_unique<BookBackend>(books_, 200));
    core_ = Core::create(config, std::move(backends), [this] {
              return TimePoint(milliseconds(1'000'000 + model_.now));
            }).value();
    model_.capacity = 200;
  }

  void step() {
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        request();
        break;
      case 4:
      case 5:
      case 6:
        release();
        break;
      case 7:
        publish();
        break;
      case 8:
        cancel();
        break;
      case 9:
      case 10:
        model_.now += below(120);
        core_->tick();
        model_.tick();
        break;
      default:
        operate();
    }
    collect();
    compare();
  }

  // After everything has ended nothing is left.
  void finish() {
    for (const auto& waiter : waiters_) core_->cancel(*waiter);
    for (std::size_t i = 0; i < waiters_.size(); ++i) {
      EXPECT_NE(waiters_[i]->state, Waiter::State::queued);
      if (!collected_.contains(i)) std::ignore = core_->collect(*waiters_[i]);
    }
    leases_.clear();
    ASSERT_TRUE(core_->shutdown(milliseconds(0)));
    EXPECT_EQ(core_->snapshot().devices[0].committed, 0U);
    EXPECT_EQ(books_->open(), 0U);
    EXPECT_EQ(books_->committed, 0U);
    EXPECT_TRUE(books_->misuse.empty());
  }

 private:
  std::int64_t below(int n) {
    return std::uniform_int_distribution<std::int64_t>(0, n - 1)(random_);
  }

  void request() {
    CacheRequest request;
    request.use = below(2) == 0 ? Use::shared : Use::exclusive;
    request.model = "m";
    request.cache_id = std::string(1, char('a' + below(5)));
    // Mostly one size for an id, so that conflicts stay the exception; sometimes a big one.
    const bool odd = below(12) == 0;
    request.bytes = std::size_t(odd ? 1 + below(230) : 15 + 13 * (request.cache_id[0] - 'a'));
    request.priority = static_cast<Priority>(below(3));
    request.pinned = below(25) == 0;
    request.deadline = milliseconds(below(600));
    const bool tries = below(6) == 0;
    waiters_.push_back(
        core_->submit(request, tries ? Core::Patience::tries : Core::Patience::waits));
    model_.request({.number = int(waiters_.size()),
                    .id = request.cache_id,
                    .shared = request.use == Use::shared,
                    .pinned = request.pinned,
                    .asked = request.bytes,
                    .rank = model_.now - kQuantum * int(request.priority),
                    .deadline = model_.now + request.deadline->count()},
                   tries);
  }
  void release() {
    if (leases_.empty()) return;
    const auto which = leases_.begin() + below(int(leases_.size()));
    const int item = which->second;
    const std::uint64_t generation = which->first.generation();
    leases_.erase(which);
    model_.release(item);
    // Late, and by a name that is no longer anybody's: nothing may come of it.
    if (model_.item(item) == nullptr) core_->release(generation);
  }
  void publish() {
    for (auto& [lease, item] : leases_) {
      if (!lease.must_fill()) continue;
      lease.publish();
      model_.publish(item);
      return;
    }
  }
  void cancel() {
    if (waiters_.empty()) return;
    const auto which = std::size_t(below(int(waiters_.size())));
    core_->cancel(*waiters_[which]);
    if (model_.wishes[which].state != "queued") return;
    model_.wishes[which].state = "cancelled";
    model_.pump();
  }
  void operate() {
    const std::string id(1, char('a' + below(5)));
    const auto bytes = std::size_t(below(7) * 30 + 10);
    switch (below(4)) {
      case 0:
        core_->trim();
        model_.trim();
        break;
      case 1:
      case 2: {
        const bool known = std::ranges::any_of(
            model_.items, [&](const Model::Item& each) { return each.id == id; });
        EXPECT_EQ(core_->release_cache(id).has_value(), known);
        model_.release_cache(id);
        break;
      }
      default:
        ASSERT_TRUE(core_->resize(0, bytes));
        model_.resize(bytes);
    }
  }

  // What was let in is collected, in the order of asking; that may let others in.
  void collect() {
    for (bool again = true; again;) {
      again = false;
      for (std::size_t i = 0; i < waiters_.size(); ++i) {
        Waiter& waiter = *waiters_[i];
        if (collected_.contains(i) ||
            (waiter.state != Waiter::State::admitted && waiter.state != Waiter::State::granted))
          continue;
        const bool admitted = waiter.state == Waiter::State::admitted;
        EXPECT_EQ(model_.wishes[i].state == "admitted", admitted) << model_.wishes[i].state;
        auto lease = core_->collect(waiter);
        ASSERT_TRUE(lease);
        if (admitted) model_.collect(model_.wishes[i]);
        EXPECT_EQ(lease->must_fill(), model_.wishes[i].state == "fills");
        collected_.insert(i);
        leases_.emplace_back(*std::move(lease), model_.wishes[i].item);
        again = true;
      }
    }
  }

  void compare() {
    for (std::size_t i = 0; i < waiters_.size(); ++i) {
      const Waiter& waiter = *waiters_[i];
      const std::string& expected = model_.wishes[i].state;
      std::string actual = "queued";
      if (waiter.state == Waiter::State::granted) actual = waiter.fills ? "fills" : "granted";
      if (waiter.state == Waiter::State::refused) actual = name(waiter.refusal->reason);
      ASSERT_EQ(actual, expected) << "request " << i << " at " << model_.now;
    }
    const Snapshot snapshot = core_->snapshot();
    const DeviceSnapshot& device = snapshot.devices[0];
    std::multiset<std::string> actual, expected;
    std::size_t leased = 0, idle = 0;
    for (const EntrySnapshot& each : snapshot.entries) {
      actual.insert(fmt::format("{} {} {} {} {} {}", each.cache_id, each.requested, each.bytes,
                                each.leases, name(each.state), each.pinned));
      (each.state == EntryState::idle ? idle : leased) += each.bytes;
    }
    for (const Model::Item& each : model_.items)
      expected.insert(fmt::format("{} {} {} {} {} {}", each.id, each.asked, each.bytes, each.leases,
                                  name(static_cast<EntryState>(each.state)), each.pinned));
    ASSERT_EQ(actual, expected) << "at " << model_.now;
    // Nothing is being made between steps, so all that is counted lies in an entry.
    EXPECT_EQ(device.leased, leased);
    EXPECT_EQ(device.idle, idle);
    EXPECT_EQ(device.in_flight, 0U);
    EXPECT_EQ(device.pinned, model_.pinned());
    EXPECT_EQ(device.committed, model_.used());
    EXPECT_LE(device.committed, device.capacity);
    EXPECT_EQ(device.target, model_.capacity);
    EXPECT_EQ(books_->committed, device.committed);
    EXPECT_LE(books_->most_committed, 210U);
    EXPECT_TRUE(books_->misuse.empty());
    std::vector<std::pair<std::byte*, std::byte*>> spans;
    for (const auto& [lease, item] : leases_)
      spans.emplace_back(lease.bytes().data(), lease.bytes().data() + lease.bytes().size());
    std::ranges::sort(spans);
    for (std::size_t i = 1; i < spans.size(); ++i)
      EXPECT_TRUE(spans[i - 1] == spans[i] || spans[i - 1].second <= spans[i].first);
  }

  std::mt19937 random_;
  Model model_;
  std::shared_ptr<Books> books_ = std::make_shared<Books>();
  std::shared_ptr<Core> core_;
  std::vector<std::shared_ptr<Waiter>> waiters_;
  std::set<std::size_t> collected_;
  std::vector<std::pair<Lease, int>> leases_;
};

TEST(PoolModel, DoesWhatAPlainModelSaysUnderRandomOperations) {
  for (unsigned seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Comparison run(seed);
    for (int i = 0; i < 200 && !testing::Test::HasFailure(); ++i) run.step();
    if (!testing::Test::HasFailure()) run.finish();
    if (testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace videogen::pool
