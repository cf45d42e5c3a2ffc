// What lies where, and what may go.
#include <algorithm>
#include <utility>

#include "pool/core_internal.h"

namespace videogen::pool {

std::size_t Core::whole_chunks(std::size_t bytes) const {
  return (bytes + config_.chunk_bytes - 1) / config_.chunk_bytes * config_.chunk_bytes;
}

Entry* Core::shared_entry(const Key& key) {
  const auto found = shared_.find(key);
  return found == shared_.end() ? nullptr : &entries_.at(found->second);
}

// The one that was used last: most of it is still in the caches.
Entry* Core::idle_buffer(const Waiter& waiter) {
  Entry* newest = nullptr;
  for (const Device& device : devices_) {
    for (auto next = device.by_idleness.rbegin(); next != device.by_idleness.rend(); ++next) {
      Entry& entry = entries_.at(next->second);
      if (entry.key != waiter.key || entry.requested != waiter.request.bytes || entry.forgotten)
        continue;
      if (newest == nullptr || entry.idle_order > newest->idle_order) newest = &entry;
      break;
    }
  }
  return newest;
}

bool Core::ever_fits(std::size_t bytes) const {
  // Without rounding first: it could overflow.
  return std::ranges::any_of(devices_, [&](const Device& device) {
    const std::size_t most = device.target - std::min(device.target, device.pinned);
    return bytes <= most && whole_chunks(bytes) <= most;
  });
}

std::optional<Eviction> Core::room_on(std::size_t position, std::size_t bytes) const {
  const Device& device = devices_[position];
  Eviction eviction{.device = position, .generations = {}, .bytes = 0};
  const std::size_t committed = device.committed();
  const auto fits = [&] { return committed - eviction.bytes + bytes <= device.target; };
  if (fits()) return eviction;
  if (committed - device.idle + bytes > device.target) return std::nullopt;
  for (const auto& [order, generation] : device.by_idleness) {
    const Entry& entry = entries_.at(generation);
    if (entry.pinned) continue;
    eviction.generations.push_back(generation);
    eviction.bytes += entry.bytes;
    if (fits()) return eviction;
  }
  return std::nullopt;
}

std::optional<Core::Placement> Core::place(const Waiter& waiter) const {
  std::vector<bool> company(devices_.size());
  for (const auto& [generation, entry] : entries_)
    if (entry.pinned && entry.key.model == waiter.key.model) company[entry.device] = true;
  for (const bool by_turn : {false, true}) {
    std::optional<Placement> with_eviction;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
      const std::size_t position = (next_device_ + i) % devices_.size();
      if (company[position] == by_turn) continue;
      std::optional<Eviction> room = room_on(position, waiter.bytes);
      if (!room) continue;
      const bool at_once = room->generations.empty();
      Placement placement{position, by_turn, *std::move(room)};
      if (at_once) return placement;
      if (!with_eviction) with_eviction = std::move(placement);
    }
    if (with_eviction) return with_eviction;
  }
  return std::nullopt;
}

void Core::lease_more(Device& device, std::size_t bytes) {
  const TimePoint now = now_();
  device.leased_byte_seconds +=
      double(device.leased) * std::chrono::duration<double>(now - device.counted_until).count();
  device.counted_until = now;
  device.leased += bytes;
}

void Core::lease_less(Device& device, std::size_t bytes) {
  lease_more(device, 0);
  device.leased -= bytes;
}

void Core::make_idle(Entry& entry) {
  Device& device = devices_[entry.device];
  lease_less(device, entry.bytes);
  device.idle += entry.bytes;
  entry.state = EntryState::idle;
  entry.idle_since = now_();
  entry.idle_order = ++last_idle_;
  device.by_idleness.emplace(entry.idle_order, entry.generation);
  const bool full = double(device.committed()) > config_.gc_threshold * double(device.target);
  look_again_at(full ? entry.idle_since : entry.idle_since + config_.idle_ttl);
}

void Core::take_from_idle(Entry& entry) {
  Device& device = devices_[entry.device];
  device.by_idleness.erase(entry.idle_order);
  device.idle -= entry.bytes;
  lease_more(device, entry.bytes);
}

void Core::pin(Entry& entry) {
  if (entry.pinned || entry.forgotten) return;
  entry.pinned = true;
  devices_[entry.device].pinned += entry.bytes;
}

void Core::forget(Entry& entry) {
  entry.forgotten = true;
  if (std::exchange(entry.pinned, false)) devices_[entry.device].pinned -= entry.bytes;
  hide(entry);
}

void Core::hide(const Entry& entry) {
  const auto found = shared_.find(entry.key);
  if (found != shared_.end() && found->second == entry.generation) shared_.erase(found);
}

Eviction Core::eviction_of(const Entry& entry) const {
  return {entry.device, {entry.generation}, entry.bytes};
}

std::vector<Eviction> Core::all_idle(bool pinned) const {
  std::vector<Eviction> evictions;
  for (std::size_t position = 0; position < devices_.size(); ++position) {
    Eviction eviction{.device = position, .generations = {}, .bytes = 0};
    for (const auto& [order, generation] : devices_[position].by_idleness) {
      const Entry& entry = entries_.at(generation);
      if (entry.pinned && !pinned) continue;
      eviction.generations.push_back(generation);
      eviction.bytes += entry.bytes;
    }
    evictions.push_back(std::move(eviction));
  }
  return evictions;
}

std::vector<Eviction> Core::overdue() const {
  const TimePoint now = now_();
  std::vector<Eviction> evictions;
  for (std::size_t position = 0; position < devices_.size(); ++position) {
    const Device& device = devices_[position];
    const bool full = double(device.committed()) > config_.gc_threshold * double(device.target);
    Eviction eviction{.device = position, .generations = {}, .bytes = 0};
    for (const auto& [order, generation] : device.by_idleness) {
      const Entry& entry = entries_.at(generation);
      const bool surplus = full && double(device.committed() - eviction.bytes) >
                                       config_.gc_low * double(device.target);
      if (entry.pinned || (!surplus && entry.idle_since + config_.idle_ttl > now)) continue;
      eviction.generations.push_back(generation);
      eviction.bytes += entry.bytes;
    }
    if (!eviction.generations.empty()) evictions.push_back(std::move(eviction));
  }
  return evictions;
}

}  // namespace videogen::pool
