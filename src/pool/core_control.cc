// What an operator does, and what the clock does.
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "pool/core_internal.h"

namespace videogen::pool {
namespace {

constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;

Status check(const PoolConfig& config) {
  const auto wrong = [](std::string what) { return fail(ErrorCode::usage, "pool: " + what); };
  if (config.device_ids.empty()) return wrong("device_ids names no device");
  if (std::set(config.device_ids.begin(), config.device_ids.end()).size() !=
      config.device_ids.size())
    return wrong("device_ids names a device twice");
  if (!(config.capacity_per_device_gb > 0 && config.capacity_per_device_gb <= 1024.0 * 1024.0))
    return wrong(fmt::format("capacity_per_device_gb is {}; it is above 0, in GiB",
                             config.capacity_per_device_gb));
  if (!(config.gc_low >= 0 && config.gc_low <= config.gc_threshold && config.gc_threshold <= 1))
    return wrong(fmt::format("gc_low is {} and gc_threshold {}; 0 <= gc_low <= gc_threshold <= 1",
                             config.gc_low, config.gc_threshold));
  if (config.chunk_bytes == 0) return wrong("chunk_bytes is 0");
  if (config.max_bypass < 0) return wrong("max_bypass is below 0");
  for (const auto& time : {config.idle_ttl, config.default_deadline, config.aging_quantum})
    if (time.count() < 0 || time > std::chrono::hours(24 * 365))
      return wrong("a time is below 0 or above a year");
  return {};
}

// Chunks hold whole pages of every device.
PoolConfig fitted(PoolConfig config, const std::vector<std::unique_ptr<Backend>>& backends) {
  for (const auto& backend : backends) {
    const std::size_t page = backend->granularity();
    config.chunk_bytes = (config.chunk_bytes + page - 1) / page * page;
  }
  return config;
}

}  // namespace

Result<std::shared_ptr<Core>> Core::create(const PoolConfig& config,
                                           std::vector<std::unique_ptr<Backend>> backends,
                                           Now now) {
  VIDEOGEN_TRY(check(config));
  VIDEOGEN_CHECK(backends.size() == config.device_ids.size(), "a back end for each device");
  const PoolConfig whole = fitted(config, backends);
  auto core = std::shared_ptr<Core>(new Core(whole, std::move(backends), std::move(now)));
  for (const Device& device : core->devices_)
    if (device.target == 0)
      return fail(ErrorCode::usage,
                  fmt::format("pool: device {} has less than one chunk of {} bytes", device.id,
                              whole.chunk_bytes));
  return core;
}

Core::Core(const PoolConfig& config, std::vector<std::unique_ptr<Backend>> backends, Now now)
    : config_(config), now_(std::move(now)), started_(now_()) {
  for (std::size_t i = 0; i < backends.size(); ++i) {
    Device device;
    device.id = config_.device_ids[i];
    const auto wanted = static_cast<std::size_t>(config_.capacity_per_device_gb * kGiB);
    device.target =
        std::min(wanted, backends[i]->available()) / config_.chunk_bytes * config_.chunk_bytes;
    device.backend = std::move(backends[i]);
    device.counted_until = started_;
    devices_.push_back(std::move(device));
  }
}

// Nobody holds a lease any more: each would hold this.
Core::~Core() {
  for (const auto& [generation, entry] : entries_) {
    std::size_t done = 0;
    [[maybe_unused]] const Status status =
        give_back(*devices_[entry.device].backend, {{entry.data, entry.bytes}}, done);
  }
}

PoolResult<void> Core::release_cache(std::string_view cache_id) {
  Lock lock(mutex_);
  std::vector<Eviction> evictions;
  std::size_t found = 0, bytes = 0;
  for (auto& [generation, entry] : entries_) {
    if (entry.key.cache_id != cache_id || entry.state == EntryState::evicting) continue;
    ++found;
    forget(entry);
    if (entry.state != EntryState::idle) continue;
    evictions.push_back(eviction_of(entry));
    bytes += entry.bytes;
  }
  if (found == 0)
    return tl::unexpected(refusal(
        Reason::not_found, fmt::format("nothing of the id {} is there", printable(cache_id, 100))));
  const std::size_t done = evict(lock, evictions);
  pump();
  if (done == bytes) return {};
  return tl::unexpected(
      refusal(Reason::backend_error, fmt::format("{} of {} bytes of {} could not be given back",
                                                 bytes - done, bytes, printable(cache_id, 100))));
}

std::size_t Core::trim() {
  Lock lock(mutex_);
  return evict(lock, all_idle(false));
}

PoolResult<CachePool::Resized> Core::resize(int id, std::size_t capacity_bytes) {
  Lock lock(mutex_);
  const auto device = std::ranges::find(devices_, id, &Device::id);
  if (device == devices_.end())
    return tl::unexpected(refusal(Reason::not_found, fmt::format("there is no device {}", id)));
  const std::size_t target = capacity_bytes / config_.chunk_bytes * config_.chunk_bytes;
  // What is committed is no longer available, but ours.
  const std::size_t most = device->backend->available();
  if (target > device->target && target - std::min(target, device->committed()) > most)
    return tl::unexpected(
        refusal(Reason::too_large, fmt::format("device {} has {} bytes more", id, most)));
  lease_more(*device, 0);
  device->target = target;
  Eviction surplus{
      .device = static_cast<std::size_t>(device - devices_.begin()), .generations = {}, .bytes = 0};
  for (const auto& [order, generation] : device->by_idleness) {
    if (device->committed() - surplus.bytes <= target) break;
    const Entry& entry = entries_.at(generation);
    if (entry.pinned) continue;
    surplus.generations.push_back(generation);
    surplus.bytes += entry.bytes;
  }
  evict(lock, {surplus});
  pump();
  return device->committed() <= target ? CachePool::Resized::applied : CachePool::Resized::deferred;
}

std::uint64_t Core::note_external(ExternalSnapshot entry) {
  const Lock lock(mutex_);
  external_.emplace(++last_external_, std::move(entry));
  return last_external_;
}

void Core::forget_external(std::uint64_t number) {
  const Lock lock(mutex_);
  external_.erase(number);
}

PoolResult<void> Core::shutdown(std::chrono::milliseconds deadline) {
  Lock lock(mutex_);
  shutting_down_ = true;
  pump();  // refuses all
  evict(lock, all_idle(true));
  const auto drained = [&] {
    return std::ranges::all_of(
        devices_, [](const Device& device) { return device.leased + device.in_flight == 0; });
  };
  if (drained_.wait_for(lock, deadline, drained)) return {};
  std::size_t leases = 0;
  for (const auto& [generation, entry] : entries_) leases += entry.leases;
  return tl::unexpected(
      refusal(Reason::deadline_exceeded, fmt::format("{} leases live on", leases)));
}

TimePoint Core::tick() {
  Lock lock(mutex_);
  const TimePoint now = now_();
  bool ended = false;
  for (auto next = waiters_.begin(); next != waiters_.end();) {
    const std::shared_ptr<Waiter> waiter = next->second;
    if (waiter->deadline > now) {
      ++next;
      continue;
    }
    next = waiters_.erase(next);
    refuse(*waiter, refusal(Reason::deadline_exceeded,
                            fmt::format("waited {} ms for memory",
                                        std::chrono::duration_cast<std::chrono::milliseconds>(
                                            now - waiter->arrived)
                                            .count())));
    ended = true;
  }
  if (ended) pump();
  if (const std::vector<Eviction> evictions = overdue(); !evictions.empty()) evict(lock, evictions);
  TimePoint due = TimePoint::max();
  for (const auto& [rank, waiter] : waiters_) due = std::min(due, waiter->deadline);
  for (const Device& device : devices_)
    for (const auto& [order, generation] : device.by_idleness) {
      const Entry& entry = entries_.at(generation);
      if (entry.pinned) continue;
      due = std::min(due, entry.idle_since + config_.idle_ttl);
      break;  // the others came later
    }
  return due;
}

void Core::keep(const std::stop_token& stop) {
  // Some clocks cannot wait for the end of time.
  constexpr std::chrono::hours kLongest{1};
  Lock lock(mutex_);
  while (!stop.stop_requested()) {
    due_ = TimePoint::max();
    lock.unlock();
    const TimePoint due = tick();
    lock.lock();
    due_ = std::min(due_, due);
    while (!stop.stop_requested() && now_() < due_) {
      const TimePoint until = std::min(due_, now_() + kLongest);
      keeper_.wait_until(lock, stop, until, [&] { return due_ < until; });
    }
  }
}

}  // namespace videogen::pool
