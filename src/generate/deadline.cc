#include <utility>

#include "generate/deadline_internal.h"

namespace videogen::generate {

Deadline::Deadline(std::stop_token user, std::chrono::milliseconds time) : user_(std::move(user)) {
  const auto end = std::chrono::steady_clock::now() + time;
  watching_ = std::jthread([this, end](const std::stop_token& own) {
    const std::stop_callback wake(user_, [this] {
      const std::scoped_lock lock(mutex_);
      wake_.notify_all();
    });
    std::unique_lock lock(mutex_);
    wake_.wait_until(lock, own, end, [this] { return user_.stop_requested(); });
    if (own.stop_requested()) return;
    stop_.request_stop();
    wake_.wait_for(lock, own, kGrace, [] { return false; });
    if (!own.stop_requested()) cut_.request_stop();
  });
}

}  // namespace videogen::generate
