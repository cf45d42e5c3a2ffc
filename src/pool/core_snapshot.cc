#include <utility>

#include "pool/core_internal.h"

namespace videogen::pool {

std::string_view name(EntryState state) {
  switch (state) {
    case EntryState::reserving:
      return "reserving";
    case EntryState::filling:
      return "filling";
    case EntryState::ready:
      return "ready";
    case EntryState::idle:
      return "idle";
    case EntryState::evicting:
      break;
  }
  return "evicting";
}

Snapshot Core::snapshot() const {
  const Lock lock(mutex_);
  const TimePoint now = now_();
  Snapshot all;
  for (const Device& device : devices_) {
    DeviceSnapshot one;
    one.id = device.id;
    one.kind = device.backend->kind();
    one.target = device.target;
    one.committed = device.committed();
    one.capacity = std::max(device.target, one.committed);
    one.leased = device.leased;
    one.idle = device.idle;
    one.in_flight = device.in_flight;
    one.pinned = device.pinned;
    one.peak_committed = device.peak;
    const std::chrono::duration<double> since_counted = now - device.counted_until;
    const std::chrono::duration<double> since_start = now - started_;
    const double byte_seconds =
        device.leased_byte_seconds + double(device.leased) * since_counted.count();
    if (since_start.count() > 0 && device.target > 0)
      one.utilisation = byte_seconds / (double(device.target) * since_start.count());
    all.devices.push_back(std::move(one));
  }
  for (const auto& [generation, entry] : entries_) {
    DeviceSnapshot& device = all.devices[entry.device];
    if (entry.state == EntryState::ready || entry.state == EntryState::filling)
      device.requested += entry.requested;
    all.entries.push_back({entry.key.model, entry.key.cache_id, device.id, entry.state, entry.bytes,
                           entry.requested, entry.leases, entry.key.use == Use::shared,
                           entry.pinned, generation});
  }
  for (const auto& [number, entry] : external_) all.external.push_back(entry);
  all.waiting = waiters_.size();
  for (const auto& [rank, waiter] : waiters_)
    all.longest_wait =
        std::max(all.longest_wait,
                 std::chrono::duration_cast<std::chrono::milliseconds>(now - waiter->arrived));
  all.counters = counters_;
  all.counters.backend_failures = backend_failures_;
  all.shutting_down = shutting_down_;
  return all;
}

}  // namespace videogen::pool
