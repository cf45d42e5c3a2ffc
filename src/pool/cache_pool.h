// Leases of device memory for work that needs it, so that many requests at once end in a bounded
// queue and not in an out-of-memory kill.
//
// Inspired by ovg-project/kvcached (address space first, memory behind it when it is needed);
// not linked with it, and no CUDA yet: see docs/pool.md. An entry is memory on one device under
// a model and an id. It lives through
//   reserving → filling → ready (leased) ⇄ idle → evicting → gone.
//
// - Admission counts bytes before any call to the back end; what fails is counted back.
// - Requests that do not fit wait, ordered by when they came, moved forward by one
//   `aging_quantum` for each step of priority: so every class is served in the end. Requests
//   behind a blocked one may pass it `max_bypass` times; then nothing that would keep bytes
//   from it is granted before it, published entries that are pinned excepted.
// - Idle entries give way when a request needs their bytes (overdue ones, then the least
//   recently used), after `idle_ttl`, and from `gc_threshold` of a device's capacity on until
//   `gc_low` is reached. Leased and pinned ones never do.
// - A new entry goes to a device that holds a pinned entry of its model, where there is one and
//   it fits, else round robin over the devices that have room.
//
// All functions may be called by any thread. One mutex guards the book-keeping of all devices
// (no call to a back end happens under it), a thread of the pool's own watches the clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "pool/backend.h"
#include "pool/lease.h"
#include "pool/refusal.h"
#include "pool/snapshot.h"

namespace videogen::pool {

struct PoolConfig {
  std::vector<int> device_ids{0};                   // each once
  double capacity_per_device_gb = 1.0;              // GiB, above 0
  double gc_threshold = 0.8;                        // share of the capacity, gc_low…1
  double gc_low = 0.7;                              // 0…gc_threshold
  std::size_t chunk_bytes = std::size_t{64} << 10;  // entries are whole chunks
  std::chrono::milliseconds idle_ttl{60'000};
  std::size_t max_waiters = 256;
  std::chrono::milliseconds default_deadline{30'000};
  std::chrono::milliseconds aging_quantum{1'000};
  int max_bypass = 8;
};

enum class Priority { low, normal, high };

enum class Use {
  shared,     // all leases of an id see the same bytes; the first fills, then publishes
  exclusive,  // a buffer for one at a time; any idle one of this model, id and size will do
};

struct CacheRequest {
  std::string model;     // what it belongs to: a model's digest, "download"
  std::string cache_id;  // which part of it: "weights", "arena/8"
  std::size_t bytes = 0;
  Use use = Use::shared;
  Priority priority = Priority::normal;
  bool pinned = false;                                  // stays when idle, until release_cache()
  std::optional<std::chrono::milliseconds> deadline{};  // from now; none: default_deadline
  std::stop_token stop{};
};

// Keeps a line in the snapshot as long as it lives; see ExternalSnapshot.
class ExternalEntry {
 public:
  ExternalEntry() = default;
  ExternalEntry(ExternalEntry&& other) noexcept = default;
  ExternalEntry& operator=(ExternalEntry&& other) noexcept;
  ~ExternalEntry();

 private:
  friend class CachePool;
  ExternalEntry(std::shared_ptr<Core> core, std::uint64_t number);
  std::shared_ptr<Core> core_;
  std::uint64_t number_ = 0;
};

class CachePool {
 public:
  // Host memory for each device, capped so that all together stay within what this process may
  // take (MemAvailable, cgroup). Errors: usage (a setting out of its range).
  [[nodiscard]] static Result<CachePool> create(const PoolConfig& config);
  // With a back end for each of device_ids, each capped by its own available().
  [[nodiscard]] static Result<CachePool> create(const PoolConfig& config,
                                                std::vector<std::unique_ptr<Backend>> backends);
  CachePool(CachePool&& other) noexcept;
  CachePool& operator=(CachePool&& other) noexcept;
  // shutdown() without waiting.
  ~CachePool();

  // Waits for its turn. Every call ends exactly once, with a lease or one of: too_large (more
  // than any device has beside what is pinned: at once), overloaded (max_waiters wait already),
  // deadline_exceeded, cancelled, conflict (a shared id with another size), backend_error,
  // shutting_down.
  [[nodiscard]] PoolResult<Lease> request_cache(CacheRequest request);
  // The same without waiting: overloaded where it would have to.
  [[nodiscard]] PoolResult<Lease> try_request(CacheRequest request);

  // Forgets all entries of an id: idle ones go now, leased ones with their last lease, and no
  // later request finds them. Again, while a lease still holds one: the same. not_found: nothing
  // of that id is there; backend_error: the device did not take it back, and it is idle again.
  PoolResult<void> release_cache(std::string_view cache_id);

  // Gives all idle memory that is not pinned back to the system; returns how many bytes.
  std::size_t trim();

  enum class Resized {
    applied,
    deferred,  // more is leased at present; in force as leases end
  };
  // Requests that no longer fit anywhere end with too_large.
  // Errors: not_found (no such device), too_large (more than the device has).
  PoolResult<Resized> resize(int device, std::size_t capacity_bytes);

  [[nodiscard]] Snapshot snapshot() const;

  // Memory that is held elsewhere; shown as pinned in snapshots.
  [[nodiscard]] ExternalEntry note_external(ExternalSnapshot entry);

  // Takes nothing new, ends all that wait, gives idle memory back (pinned, too) and waits for
  // leases to end. Errors: deadline_exceeded, with the number of leases that live on; their
  // memory goes with them.
  PoolResult<void> shutdown(std::chrono::milliseconds deadline);

 private:
  struct Keeper;
  explicit CachePool(std::unique_ptr<Keeper> keeper);
  std::unique_ptr<Keeper> keeper_;
};

}  // namespace videogen::pool
