// Calls to the back ends, never under the lock, and what they change.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "pool/core_internal.h"

namespace videogen::pool {

void Core::begin_eviction(const Eviction& eviction) {
  Device& device = devices_[eviction.device];
  for (const std::uint64_t generation : eviction.generations) {
    Entry& entry = entries_.at(generation);
    device.by_idleness.erase(entry.idle_order);
    device.idle -= entry.bytes;
    device.in_flight += entry.bytes;
    hide(entry);
    entry.state = EntryState::evicting;
  }
}

void Core::end_eviction(const Eviction& eviction, std::size_t done) {
  Device& device = devices_[eviction.device];
  for (std::size_t i = 0; i < eviction.generations.size(); ++i) {
    const auto found = entries_.find(eviction.generations[i]);
    Entry& entry = found->second;
    device.in_flight -= entry.bytes;
    if (i < done) {
      ++counters_.evictions;
      counters_.evicted_bytes += entry.bytes;
      forget(entry);
      entries_.erase(found);
      continue;
    }
    // What a failed call leaves is as it was; others are tried before it next time.
    if (entry.key.use == Use::shared && !entry.forgotten &&
        !shared_.emplace(entry.key, entry.generation).second)
      forget(entry);  // its successor is there already
    device.idle += entry.bytes;
    entry.state = EntryState::idle;
    entry.idle_since = now_();
    entry.idle_order = ++last_idle_;
    device.by_idleness.emplace(entry.idle_order, entry.generation);
  }
  drained_.notify_all();
}

Core::Ranges Core::ranges_of(const Eviction& eviction) const {
  Ranges ranges;
  for (const std::uint64_t generation : eviction.generations) {
    const Entry& entry = entries_.at(generation);
    ranges.emplace_back(entry.data, entry.bytes);
  }
  return ranges;
}

Status Core::give_back(Backend& backend, const Ranges& ranges, std::size_t& done) {
  for (const auto& [data, bytes] : ranges) {
    Status status = backend.quiesce(data, bytes);
    if (status) status = backend.decommit(data, bytes);
    if (!status) {
      ++backend_failures_;
      return status;
    }
    // Addresses that cannot be given back cost no memory.
    if (!backend.release(data, bytes)) ++backend_failures_;
    ++done;
  }
  return {};
}

Result<std::byte*> Core::obtain(Backend& backend, std::size_t bytes) {
  Result<std::byte*> data = backend.reserve(bytes);
  if (!data) {
    ++backend_failures_;
    return data;
  }
  if (Status committed = backend.commit(*data, bytes); !committed) {
    ++backend_failures_;
    if (!backend.release(*data, bytes)) ++backend_failures_;
    return tl::unexpected(std::move(committed).error());
  }
  return data;
}

std::size_t Core::evict(Lock& lock, const std::vector<Eviction>& evictions) {
  std::vector<Ranges> ranges;
  for (const Eviction& eviction : evictions) {
    begin_eviction(eviction);
    ranges.push_back(ranges_of(eviction));
  }
  std::vector<std::size_t> done(evictions.size());
  lock.unlock();
  for (std::size_t i = 0; i < evictions.size(); ++i) {
    // A failure is counted, and the entry is idle again.
    [[maybe_unused]] const Status status =
        give_back(*devices_[evictions[i].device].backend, ranges[i], done[i]);
  }
  lock.lock();
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < evictions.size(); ++i) {
    for (std::size_t j = 0; j < done[i]; ++j) bytes += ranges[i][j].second;
    end_eviction(evictions[i], done[i]);
  }
  if (bytes > 0) pump();
  return bytes;
}

PoolResult<Lease> Core::collect(Waiter& waiter) {
  Lock lock(mutex_);
  switch (waiter.state) {
    case Waiter::State::granted:
      return lease_of(waiter);
    case Waiter::State::refused:
      return tl::unexpected(*waiter.refusal);
    case Waiter::State::queued:
      VIDEOGEN_CHECK(false, "a waiter is collected after it has left the queue");
      break;
    case Waiter::State::admitted:
      break;
  }
  const Ranges ranges = ranges_of(waiter.eviction);
  Backend& backend = *devices_[waiter.eviction.device].backend;
  lock.unlock();
  std::size_t evicted = 0;
  Status gave_back = give_back(backend, ranges, evicted);
  const Result<std::byte*> memory =
      gave_back ? obtain(backend, waiter.bytes)
                : Result<std::byte*>(tl::unexpected(std::move(gave_back).error()));
  lock.lock();
  PoolResult<Lease> lease = settle(waiter, evicted, memory);
  pump();
  return lease;
}

PoolResult<Lease> Core::settle(Waiter& waiter, std::size_t evicted,
                               const Result<std::byte*>& memory) {
  end_eviction(waiter.eviction, evicted);
  Device& device = devices_[waiter.eviction.device];
  device.in_flight -= waiter.extra;
  const auto found = entries_.find(waiter.generation);
  Entry& entry = found->second;
  if (!memory) {
    forget(entry);
    entries_.erase(found);
    refuse(waiter, refusal(Reason::backend_error, memory.error().message));
    return tl::unexpected(*waiter.refusal);
  }
  entry.data = *memory;
  entry.state = waiter.fills ? EntryState::filling : EntryState::ready;
  entry.leases = 1;
  lease_more(device, entry.bytes);
  ++counters_.granted;
  waiter.state = Waiter::State::granted;
  return lease_of(waiter);
}

Lease Core::lease_of(const Waiter& waiter) {
  const Entry& entry = entries_.at(waiter.generation);
  return {shared_from_this(),
          {entry.data, entry.requested},
          devices_[entry.device].id,
          entry.generation,
          waiter.fills};
}

void Core::publish(std::uint64_t generation) {
  const Lock lock(mutex_);
  Entry& entry = entries_.at(generation);
  entry.state = EntryState::ready;
  pump();
}

void Core::release(std::uint64_t generation) {
  Lock lock(mutex_);
  const auto found = entries_.find(generation);
  if (found == entries_.end() || found->second.leases == 0) return;
  Entry& entry = found->second;
  if (--entry.leases > 0) return;
  note_freed();
  const bool unpublished = entry.state == EntryState::filling;
  if (unpublished && !entry.forgotten) {
    pump();  // the next one who waits for it fills it
    if (entry.leases > 0) return;
  }
  make_idle(entry);
  if (unpublished || entry.forgotten || shutting_down_) {
    forget(entry);
    evict(lock, {eviction_of(entry)});
  }
  drained_.notify_all();
  pump();
}

void Core::note_freed() {
  constexpr double kNewest = 0.2;
  const TimePoint now = now_();
  if (last_freed_) {
    const double seconds = std::chrono::duration<double>(now - *last_freed_).count();
    const double before = seconds_between_frees_.value_or(seconds);
    seconds_between_frees_ = before + kNewest * (seconds - before);
  }
  last_freed_ = now;
}

}  // namespace videogen::pool
