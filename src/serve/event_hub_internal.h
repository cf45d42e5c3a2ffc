// Wakes whoever waits for events. What happened is read from the store: nothing is buffered here,
// so a slow reader costs nothing.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "serve/jobs.h"
#include "serve/store_internal.h"

namespace videogen::serve {

class EventHub {
 public:
  // The newest event of a job or of a tenant.
  struct Channel {
    std::int64_t newest = 0;  // guarded by the hub
  };

  // The event is on disk.
  void announce(std::string_view tenant, const JobEvent& event);
  [[nodiscard]] std::shared_ptr<Channel> channel_of_job(std::string_view job);
  [[nodiscard]] std::shared_ptr<Channel> channel_of_tenant(std::string_view tenant);
  // Waits for something newer than `seen`; what is the newest then.
  [[nodiscard]] std::int64_t wait(const Channel& channel, std::int64_t seen,
                                  std::chrono::milliseconds wait);
  // Of all jobs, for the dispatcher.
  [[nodiscard]] std::int64_t newest() const;
  [[nodiscard]] bool wait_any(std::int64_t seen, std::chrono::milliseconds wait);

 private:
  using Channels = std::map<std::string, std::weak_ptr<Channel>, std::less<>>;
  [[nodiscard]] std::shared_ptr<Channel> channel(Channels& channels, std::string_view key);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Channels jobs_, tenants_;
  std::int64_t newest_ = 0;
};

// Reads on where it stopped; of progress that has piled up only the newest is given.
class StoreSubscription final : public Subscription {
 public:
  // `job` empty: of the tenant.
  StoreSubscription(EventHub& hub, const Store& store, std::string tenant, std::string job,
                    std::int64_t after);
  std::optional<JobEvent> next(std::chrono::milliseconds wait) override;
  bool over() const override { return over_ && buffer_.empty(); }
  // The job has ended and this was its last event.
  void ends_at(std::int64_t last) {
    if (after_ >= last) over_ = true;
  }

 private:
  void fetch();

  EventHub& hub_;
  const Store& store_;
  const std::string tenant_, job_;
  std::int64_t after_;     // was given, or is in the buffer
  std::int64_t seen_ = 0;  // what the hub told last
  std::shared_ptr<EventHub::Channel> channel_;
  std::deque<JobEvent> buffer_;
  bool behind_ = true;  // there may be more on disk
  bool over_ = false;
};

}  // namespace videogen::serve
