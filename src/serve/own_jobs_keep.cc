#include <algorithm>
#include <utility>

#include "serve/own_jobs_internal.h"

namespace videogen::serve {
namespace {

constexpr std::chrono::milliseconds kTick{100};
constexpr std::chrono::seconds kBetweenSweeps{10};
constexpr int kAtOnce = 100;

}  // namespace

void OwnJobs::maintain(const std::stop_token& stop) {
  auto swept = Clock::time_point{};
  while (!stop.stop_requested()) {
    stop_late_ones();
    if (Clock::now() - swept >= kBetweenSweeps) {
      swept = Clock::now();
      const std::lock_guard lock(mutex_);
      const std::int64_t kept_ms =
          std::chrono::duration_cast<std::chrono::milliseconds>(options_.retention).count();
      const auto old = store_->ended(unix_ms() - kept_ms, kAtOnce);
      if (old) std::ranges::for_each(*old, [this](const Store::Ended& ended) { drop(ended); });
      make_room(0);
    }
    std::this_thread::sleep_for(kTick);
  }
}

void OwnJobs::stop_late_ones() {
  std::vector<Active> late;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, active] : active_) {
      if (!active->running || active->why != ActiveJob::Stop::none) continue;
      if (Clock::now() - active->started < options_.longest_run) continue;
      active->why = ActiveJob::Stop::deadline;
      late.push_back(active);
    }
  }
  for (const Active& active : late) active->stop.request_stop();
}

void OwnJobs::make_room(std::int64_t bytes) {
  const auto quota = static_cast<std::int64_t>(options_.quota_bytes);
  while (bytes_kept_ + bytes > quota) {
    const auto oldest = store_->ended(INT64_MAX, kAtOnce);
    if (!oldest || oldest->empty()) return;
    for (const Store::Ended& ended : *oldest)
      if (bytes_kept_ + bytes > quota && !drop(ended)) return;
  }
}

bool OwnJobs::drop(const Store::Ended& ended) {
  if (!store_->remove(ended.id)) return false;
  active_.erase(ended.id);  // what waits for input
  files_.remove(ended.id);
  bytes_kept_ -= ended.bytes;
  return true;
}

void OwnJobs::recount(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto grown = store_->set_bytes(id, files_.bytes(id));
  if (grown) bytes_kept_ += *grown;  // else it is counted at the next start
}

void OwnJobs::on_event(std::function<void(const Job&, const JobEvent&)> told) {
  const std::lock_guard lock(mutex_);
  told_.push_back(std::move(told));
  if (dispatcher_.joinable()) return;
  dispatcher_ = std::jthread([this](const std::stop_token& stop) { dispatch(stop); });
}

void OwnJobs::dispatch(const std::stop_token& stop) {
  bool more = true;  // recovery may have told something before anybody listened
  std::int64_t seen = 0;
  for (;;) {
    if (!more) {
      // What was written before the end is told, too.
      const bool news = hub_.wait_any(seen, kTick);
      if (!news && stop.stop_requested()) return;
      if (!news) continue;
    }
    seen = hub_.newest();
    const auto events = store_->events({}, {}, dispatched_, kAtOnce);
    more = events && events->size() == kAtOnce;
    if (!events) continue;
    for (const JobEvent& event : *events) {
      dispatched_ = event.id;
      const auto job = store_->find({}, event.job);
      if (!job || !*job) continue;  // removed meanwhile
      decltype(told_) listeners;
      {
        const std::lock_guard lock(mutex_);
        listeners = told_;
      }
      for (const auto& listener : listeners) listener(**job, event);
    }
  }
}

}  // namespace videogen::serve
