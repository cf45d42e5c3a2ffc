#include <algorithm>
#include <utility>

#include "serve/event_hub_internal.h"

namespace videogen::serve {
namespace {

constexpr int kAtOnce = 64;
constexpr std::size_t kSweepAt = 64;

}  // namespace

std::shared_ptr<EventHub::Channel> EventHub::channel(Channels& channels, std::string_view key) {
  const std::lock_guard lock(mutex_);
  auto at = channels.find(key);
  if (at != channels.end())
    if (auto there = at->second.lock()) return there;
  if (channels.size() >= kSweepAt)
    std::erase_if(channels, [](const auto& entry) { return entry.second.expired(); });
  auto made = std::make_shared<Channel>();
  channels.insert_or_assign(std::string(key), made);
  return made;
}

std::shared_ptr<EventHub::Channel> EventHub::channel_of_job(std::string_view job) {
  return channel(jobs_, job);
}
std::shared_ptr<EventHub::Channel> EventHub::channel_of_tenant(std::string_view tenant) {
  return channel(tenants_, tenant);
}

void EventHub::announce(std::string_view tenant, const JobEvent& event) {
  {
    const std::lock_guard lock(mutex_);
    newest_ = std::max(newest_, event.id);
    for (auto [channels, key] :
         {std::pair(&jobs_, std::string_view(event.job)), std::pair(&tenants_, tenant)}) {
      const auto at = channels->find(key);
      if (at == channels->end()) continue;
      if (const auto there = at->second.lock()) there->newest = std::max(there->newest, event.id);
    }
  }
  changed_.notify_all();
}

std::int64_t EventHub::wait(const Channel& channel, std::int64_t seen,
                            std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, wait, [&] { return channel.newest > seen; });
  return channel.newest;
}

std::int64_t EventHub::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

bool EventHub::wait_any(std::int64_t seen, std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, wait, [&] { return newest_ > seen; });
}

StoreSubscription::StoreSubscription(EventHub& hub, const Store& store, std::string tenant,
                                     std::string job, std::int64_t after)
    : hub_(hub),
      store_(store),
      tenant_(std::move(tenant)),
      job_(std::move(job)),
      after_(after),
      channel_(job_.empty() ? hub.channel_of_tenant(tenant_) : hub.channel_of_job(job_)) {}

void StoreSubscription::fetch() {
  auto found = store_.events(tenant_, job_, after_, kAtOnce);
  if (!found) return;  // asked again with the next call
  behind_ = found->size() == kAtOnce;
  for (JobEvent& event : *found) {
    after_ = event.id;
    if (!job_.empty() && event.type == JobEvent::Type::state && is_end(event.state)) over_ = true;
    const bool replaces = event.type == JobEvent::Type::progress && !buffer_.empty() &&
                          buffer_.back().type == JobEvent::Type::progress &&
                          buffer_.back().job == event.job;
    if (replaces) buffer_.pop_back();
    buffer_.push_back(std::move(event));
  }
}

std::optional<JobEvent> StoreSubscription::next(std::chrono::milliseconds wait) {
  if (buffer_.empty() && behind_) fetch();
  if (buffer_.empty() && !over_) {
    const std::int64_t newest = hub_.wait(*channel_, seen_, wait);
    if (std::exchange(seen_, std::max(seen_, newest)) < newest) fetch();
  }
  if (buffer_.empty()) return std::nullopt;
  JobEvent event = std::move(buffer_.front());
  buffer_.pop_front();
  return event;
}

}  // namespace videogen::serve
