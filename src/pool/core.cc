// The queue: who is served next.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "pool/core_internal.h"

namespace videogen::pool {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShortestRetry{100}, kLongestRetry{60'000}, kUnknownRetry{1'000};

std::string named(const CacheRequest& request) {
  return fmt::format("{} of {} ({} bytes)", printable(request.cache_id, 100),
                     printable(request.model, 100), request.bytes);
}

}  // namespace

std::shared_ptr<Waiter> Core::submit(CacheRequest request, Patience patience) {
  VIDEOGEN_CHECK(request.bytes > 0, "a lease has bytes");
  auto waiter = std::make_shared<Waiter>();
  waiter->key = {request.use, request.model, request.cache_id};
  waiter->request = std::move(request);
  const Lock lock(mutex_);
  ++counters_.requests;
  waiter->arrived = now_();
  waiter->deadline = waiter->arrived + waiter->request.deadline.value_or(config_.default_deadline);
  waiter->rank = {waiter->arrived - config_.aging_quantum * int(waiter->request.priority),
                  ++last_waiter_};
  if (std::optional<Refusal> why = reason_to_refuse(*waiter)) {
    refuse(*waiter, *std::move(why));
    return waiter;
  }
  waiter->bytes = whole_chunks(waiter->request.bytes);
  waiters_.emplace(waiter->rank, waiter);
  pump();
  if (waiter->state != Waiter::State::queued) return waiter;
  if (patience == Patience::tries || waiters_.size() > config_.max_waiters) {
    waiters_.erase(waiter->rank);
    refuse(*waiter, overload(named(waiter->request)));
    return waiter;
  }
  ++counters_.waited;
  look_again_at(waiter->deadline);
  return waiter;
}

std::optional<Refusal> Core::reason_to_refuse(const Waiter& waiter) {
  const CacheRequest& request = waiter.request;
  if (shutting_down_) return refusal(Reason::shutting_down, "the pool takes nothing new");
  if (request.stop.stop_requested())
    return refusal(Reason::cancelled, "cancelled while waiting for memory");
  const Entry* entry = request.use == Use::shared ? shared_entry(waiter.key) : nullptr;
  if (entry != nullptr && entry->requested != request.bytes)
    return refusal(Reason::conflict,
                   fmt::format("{} is there with {} bytes", named(request), entry->requested));
  if (entry == nullptr && !ever_fits(request.bytes))
    return refusal(Reason::too_large,
                   fmt::format("{} is more than any device has room for", named(request)));
  return std::nullopt;
}

Refusal Core::overload(std::string_view why) const {
  milliseconds retry = kUnknownRetry;
  if (seconds_between_frees_) {
    const double seconds = *seconds_between_frees_ * double(waiters_.size() + 1);
    const double most = std::chrono::duration<double>(kLongestRetry).count();
    retry = milliseconds(static_cast<std::int64_t>(std::min(seconds, most) * 1000));
  }
  retry = std::clamp(retry, kShortestRetry, kLongestRetry);
  return refusal(
      Reason::overloaded,
      fmt::format("no room for {} now, and {} requests wait already", why, waiters_.size()), retry);
}

void Core::pump() {
  Waiter* blocked = nullptr;
  for (auto next = waiters_.begin(); next != waiters_.end();) {
    const std::shared_ptr<Waiter> waiter = next->second;
    const Served served = serve(*waiter, blocked);
    if (served == Served::left_queue) {
      next = waiters_.erase(next);
      continue;
    }
    if (served == Served::blocked && blocked == nullptr) blocked = waiter.get();
    ++next;
  }
  // What was pinned just now may leave too little for one that was passed by.
  for (auto next = waiters_.begin(); next != waiters_.end();) {
    const std::shared_ptr<Waiter> waiter = next->second;
    if (std::optional<Refusal> why = reason_to_refuse(*waiter)) {
      refuse(*waiter, *std::move(why));
      next = waiters_.erase(next);
    } else {
      ++next;
    }
  }
}

Core::Served Core::serve(Waiter& waiter, Waiter* blocked) {
  const bool may_pass = blocked == nullptr || blocked->bypassed < config_.max_bypass;
  const auto passed = [&] {
    if (blocked == nullptr) return;
    ++blocked->bypassed;
    ++counters_.bypasses;
  };
  if (std::optional<Refusal> why = reason_to_refuse(waiter)) {
    refuse(waiter, *std::move(why));
    return Served::left_queue;
  }
  if (waiter.key.use == Use::shared) {
    if (Entry* const entry = shared_entry(waiter.key)) {
      const bool published = entry->state == EntryState::ready || entry->state == EntryState::idle;
      // The filler has gone without publishing.
      const bool orphaned = entry->state == EntryState::filling && entry->leases == 0;
      if (published && entry->pinned) {
        grant(waiter, *entry, false);
      } else if ((published || orphaned) && may_pass) {
        grant(waiter, *entry, orphaned);
        passed();
      } else {
        return Served::waits_for_filler;
      }
      return Served::left_queue;
    }
  } else if (Entry* const entry = may_pass ? idle_buffer(waiter) : nullptr) {
    grant(waiter, *entry, false);
    passed();
    return Served::left_queue;
  }
  if (!may_pass) return Served::blocked;
  std::optional<Placement> placement = place(waiter);
  if (!placement) return Served::blocked;
  admit(waiter, *std::move(placement));
  passed();
  return Served::left_queue;
}

void Core::admit(Waiter& waiter, Placement placement) {
  Device& device = devices_[placement.device];
  if (placement.by_turn) next_device_ = (placement.device + 1) % devices_.size();
  begin_eviction(placement.eviction);
  waiter.extra = waiter.bytes - std::min(waiter.bytes, placement.eviction.bytes);
  device.in_flight += waiter.extra;
  device.peak = std::max(device.peak, device.committed());
  waiter.eviction = std::move(placement.eviction);
  waiter.generation = ++last_generation_;
  waiter.fills = waiter.key.use == Use::shared;
  Entry& entry = entries_[waiter.generation];
  entry.key = waiter.key;
  entry.generation = waiter.generation;
  entry.device = placement.device;
  entry.requested = waiter.request.bytes;
  entry.bytes = waiter.bytes;
  if (waiter.request.pinned) pin(entry);
  if (waiter.fills) shared_[entry.key] = entry.generation;
  waiter.state = Waiter::State::admitted;
  waiter.changed.notify_all();
}

void Core::grant(Waiter& waiter, Entry& entry, bool fills) {
  if (entry.state == EntryState::idle) take_from_idle(entry);
  entry.state = fills ? EntryState::filling : EntryState::ready;
  ++entry.leases;
  if (waiter.request.pinned) pin(entry);
  waiter.generation = entry.generation;
  waiter.fills = fills;
  ++counters_.granted;
  if (!fills) ++counters_.hits;
  waiter.state = Waiter::State::granted;
  waiter.changed.notify_all();
}

void Core::refuse(Waiter& waiter, Refusal why) {
  const auto count = [&]() -> std::uint64_t& {
    switch (why.reason) {
      case Reason::too_large:
        return counters_.too_large;
      case Reason::overloaded:
        return counters_.overloaded;
      case Reason::deadline_exceeded:
        return counters_.deadline_exceeded;
      case Reason::cancelled:
        return counters_.cancelled;
      case Reason::conflict:
        return counters_.conflicts;
      case Reason::shutting_down:
        return counters_.shut_down;
      case Reason::backend_error:
      case Reason::not_found:
        break;
    }
    return counters_.backend_errors;
  };
  ++count();
  waiter.refusal = std::move(why);
  waiter.state = Waiter::State::refused;
  waiter.changed.notify_all();
}

void Core::wait(Waiter& waiter) {
  Lock lock(mutex_);
  const bool settled = waiter.changed.wait(lock, waiter.request.stop,
                                           [&] { return waiter.state != Waiter::State::queued; });
  lock.unlock();
  if (!settled) cancel(waiter);
}

void Core::cancel(Waiter& waiter) {
  const Lock lock(mutex_);
  if (waiter.state != Waiter::State::queued) return;
  const std::shared_ptr<Waiter> kept = waiters_.at(waiter.rank);
  waiters_.erase(waiter.rank);
  refuse(waiter, refusal(Reason::cancelled, "cancelled while waiting for memory"));
  pump();  // it may have been what held the others up
}

void Core::look_again_at(TimePoint due) {
  if (due >= due_) return;
  due_ = due;
  keeper_.notify_all();
}

}  // namespace videogen::pool
