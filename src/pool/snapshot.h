// What a pool holds at one moment, and what has happened in it so far.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace videogen::pool {

enum class EntryState {
  reserving,  // its memory is being made ready
  filling,    // leased by the one who fills it
  ready,      // leased
  idle,       // kept for the next one who asks for it
  evicting,   // its memory is being given back
};
[[nodiscard]] std::string_view name(EntryState state);

struct EntrySnapshot {
  std::string model, cache_id;
  int device = 0;
  EntryState state = EntryState::idle;
  std::size_t bytes = 0;      // that it takes of the device
  std::size_t requested = 0;  // that were asked for
  std::size_t leases = 0;
  bool shared = true;  // false: one user at a time
  bool pinned = false;
  std::uint64_t generation = 0;
};

// Memory that others made and hold, e.g. weights mapped from a file: listed, not counted.
struct ExternalSnapshot {
  std::string model, cache_id;
  std::size_t bytes = 0;
  std::string backing;  // "mapped file", "memory"
};

struct DeviceSnapshot {
  int id = 0;
  std::string kind;          // "host"
  std::size_t capacity = 0;  // bytes, in force; more than `target` while leases hold it up
  std::size_t target = 0;    // as configured or resized
  // leased + idle + in_flight = committed ≤ capacity
  std::size_t committed = 0, leased = 0, idle = 0, in_flight = 0;
  std::size_t requested = 0;       // of the leased bytes, those that were asked for
  std::size_t pinned = 0;          // of leased and idle
  std::size_t peak_committed = 0;  // since the pool was made
  // Leased bytes over target, averaged over the time since the pool was made; 0…1.
  double utilisation = 0;
};

struct PoolCounters {
  std::uint64_t requests = 0;
  std::uint64_t granted = 0;  // leases given; of these
  std::uint64_t hits = 0;     // found published or idle memory
  std::uint64_t waited = 0;   // were not given at once
  std::uint64_t too_large = 0, overloaded = 0, deadline_exceeded = 0, cancelled = 0, conflicts = 0,
                backend_errors = 0, shut_down = 0;
  std::uint64_t evictions = 0, evicted_bytes = 0;
  std::uint64_t bypasses = 0;          // grants to requests behind a blocked one
  std::uint64_t backend_failures = 0;  // failed calls, also where nobody was waiting
};

struct Snapshot {
  std::vector<DeviceSnapshot> devices;
  std::vector<EntrySnapshot> entries;  // by age
  std::vector<ExternalSnapshot> external;
  std::size_t waiting = 0;
  std::chrono::milliseconds longest_wait{0};  // of those that wait now
  PoolCounters counters;
  bool shutting_down = false;
};

}  // namespace videogen::pool
