// The book-keeping behind CachePool: entries, waiters, and who gets what next. It knows no
// threads of its own; time is what `Now` says, and tick() does what has become due.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "pool/cache_pool.h"

namespace videogen::pool {

using TimePoint = std::chrono::steady_clock::time_point;
// Monotonic time; tests bring their own.
using Now = std::function<TimePoint()>;

struct Key {
  Use use = Use::shared;
  std::string model, cache_id;
  friend auto operator<=>(const Key&, const Key&) = default;
};

struct Entry {
  Key key;
  std::uint64_t generation = 0;
  std::size_t device = 0;  // position
  std::size_t requested = 0, bytes = 0;
  std::byte* data = nullptr;
  EntryState state = EntryState::reserving;
  std::size_t leases = 0;
  bool pinned = false;
  bool forgotten = false;  // release_cache(): goes with its last lease
  TimePoint idle_since;
  std::uint64_t idle_order = 0;
};

struct Device {
  int id = 0;
  std::unique_ptr<Backend> backend;
  std::size_t target = 0;
  std::size_t leased = 0, idle = 0, in_flight = 0, pinned = 0, peak = 0;
  std::map<std::uint64_t, std::uint64_t> by_idleness;  // idle_order → generation
  double leased_byte_seconds = 0;
  TimePoint counted_until;

  [[nodiscard]] std::size_t committed() const { return leased + idle + in_flight; }
  [[nodiscard]] std::size_t free() const { return committed() < target ? target - committed() : 0; }
};

// Entries whose memory is to be given back, all on one device.
struct Eviction {
  std::size_t device = 0;
  std::vector<std::uint64_t> generations;
  std::size_t bytes = 0;  // of all of them
};

struct Waiter {
  enum class State {
    queued,
    admitted,  // its bytes are counted; its own thread has to call the back end: collect()
    granted,   // a lease is waiting for it: collect()
    refused,
  };
  CacheRequest request;
  Key key;
  std::size_t bytes = 0;  // whole chunks
  TimePoint arrived, deadline;
  std::pair<TimePoint, std::uint64_t> rank;  // the smaller one is served first
  int bypassed = 0;
  State state = State::queued;
  std::uint64_t generation = 0;  // of its entry
  bool fills = false;
  Eviction eviction;      // that admission rests on
  std::size_t extra = 0;  // bytes in flight for it beside those of the eviction
  std::optional<Refusal> refusal;
  std::condition_variable_any changed;
};

class Core : public std::enable_shared_from_this<Core> {
 public:
  // Errors: usage.
  static Result<std::shared_ptr<Core>> create(const PoolConfig& config,
                                              std::vector<std::unique_ptr<Backend>> backends,
                                              Now now);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  ~Core();

  enum class Patience { waits, tries };
  // Granted, admitted, refused or queued when it returns.
  [[nodiscard]] std::shared_ptr<Waiter> submit(CacheRequest request, Patience patience);
  // Until it is no longer queued, or its stop token is set: then it is refused.
  void wait(Waiter& waiter);
  void cancel(Waiter& waiter);
  // Does what is left for the waiter's own thread, once, after it has left the queue.
  [[nodiscard]] PoolResult<Lease> collect(Waiter& waiter);

  void publish(std::uint64_t generation);
  // A generation that is gone is none of ours: no effect.
  void release(std::uint64_t generation);

  PoolResult<void> release_cache(std::string_view cache_id);
  std::size_t trim();
  PoolResult<CachePool::Resized> resize(int device, std::size_t capacity_bytes);
  [[nodiscard]] Snapshot snapshot() const;
  std::uint64_t note_external(ExternalSnapshot entry);
  void forget_external(std::uint64_t number);
  // Until no lease is left, by the real clock.
  PoolResult<void> shutdown(std::chrono::milliseconds deadline);

  // Ends what is overdue and collects idle entries; returns when the next thing will be due.
  TimePoint tick();
  // Runs tick() whenever something is due, until stopped. For one thread.
  void keep(const std::stop_token& stop);

 private:
  using Lock = std::unique_lock<std::mutex>;
  using Ranges = std::vector<std::pair<std::byte*, std::size_t>>;
  struct Placement {
    std::size_t device = 0;
    bool by_turn = false;  // of the round robin, not for the company of its model
    Eviction eviction;
  };
  enum class Served { left_queue, waits_for_filler, blocked };

  Core(const PoolConfig& config, std::vector<std::unique_ptr<Backend>> backends, Now now);

  // core.cc: the queue. With the lock held.
  void pump();
  Served serve(Waiter& waiter, Waiter* blocked);
  void admit(Waiter& waiter, Placement placement);
  void grant(Waiter& waiter, Entry& entry, bool fills);
  void refuse(Waiter& waiter, Refusal why);
  [[nodiscard]] std::optional<Refusal> reason_to_refuse(const Waiter& waiter);
  [[nodiscard]] Refusal overload(std::string_view why) const;
  void look_again_at(TimePoint due);

  // core_entries.cc: what lies where. With the lock held.
  [[nodiscard]] std::size_t whole_chunks(std::size_t bytes) const;
  [[nodiscard]] Entry* shared_entry(const Key& key);
  [[nodiscard]] Entry* idle_buffer(const Waiter& waiter);
  [[nodiscard]] std::optional<Placement> place(const Waiter& waiter) const;
  [[nodiscard]] std::optional<Eviction> room_on(std::size_t device, std::size_t bytes) const;
  [[nodiscard]] bool ever_fits(std::size_t bytes) const;
  void lease_more(Device& device, std::size_t bytes);
  void lease_less(Device& device, std::size_t bytes);
  void make_idle(Entry& entry);
  void take_from_idle(Entry& entry);
  void pin(Entry& entry);
  // No request finds it again, and it goes as soon as it is idle.
  void forget(Entry& entry);
  // No request finds it.
  void hide(const Entry& entry);
  [[nodiscard]] Eviction eviction_of(const Entry& entry) const;
  [[nodiscard]] std::vector<Eviction> all_idle(bool pinned) const;
  [[nodiscard]] std::vector<Eviction> overdue() const;

  // core_memory.cc: calls to the back ends.
  // Moves idle entries out of reach; their bytes are in flight from then on. With the lock held.
  void begin_eviction(const Eviction& eviction);
  // The first `done` of them are gone; the others are idle again. With the lock held.
  void end_eviction(const Eviction& eviction, std::size_t done);
  // Begins, does and ends; takes and leaves the lock held. Returns the bytes given back.
  std::size_t evict(Lock& lock, const std::vector<Eviction>& evictions);
  [[nodiscard]] Ranges ranges_of(const Eviction& eviction) const;
  [[nodiscard]] PoolResult<Lease> settle(Waiter& waiter, std::size_t evicted,
                                         const Result<std::byte*>& memory);
  [[nodiscard]] Lease lease_of(const Waiter& waiter);
  // Without the lock. Adds to `done` for each range that was given back.
  Status give_back(Backend& backend, const Ranges& ranges, std::size_t& done);
  [[nodiscard]] Result<std::byte*> obtain(Backend& backend, std::size_t bytes);
  void note_freed();

  const PoolConfig config_;
  const Now now_;
  mutable std::mutex mutex_;
  std::vector<Device> devices_;
  std::map<std::uint64_t, Entry> entries_;  // by generation
  std::map<Key, std::uint64_t> shared_;     // those that requests may find
  std::map<std::pair<TimePoint, std::uint64_t>, std::shared_ptr<Waiter>> waiters_;
  std::map<std::uint64_t, ExternalSnapshot> external_;
  std::uint64_t last_generation_ = 0, last_waiter_ = 0, last_idle_ = 0, last_external_ = 0;
  std::size_t next_device_ = 0;  // of the round robin
  bool shutting_down_ = false;
  PoolCounters counters_;
  std::atomic<std::uint64_t> backend_failures_ = 0;
  const TimePoint started_;
  std::optional<TimePoint> last_freed_;
  std::optional<double> seconds_between_frees_;  // smoothed
  TimePoint due_ = TimePoint::max();             // when keep() looks again
  std::condition_variable_any keeper_, drained_;
};

}  // namespace videogen::pool
