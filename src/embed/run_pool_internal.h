// Idle runs of a tower, so that each caller brings working memory of its own without making
// it anew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace videogen::embed {

// May be shared by threads. A run is out of the pool while it is used; one that is not given
// back (after an error) is simply freed.
template <class Run>
class RunPool {
 public:
  // An idle run of this size, else a new one.
  template <class Make>
  std::unique_ptr<Run> take(std::int64_t size, Make make) {
    {
      const std::lock_guard lock(mutex_);
      for (auto next = idle_.rbegin(); next != idle_.rend(); ++next) {
        if (next->first != size) continue;
        std::unique_ptr<Run> run = std::move(next->second);
        idle_.erase(std::next(next).base());
        return run;
      }
    }
    return make();
  }

  void give_back(std::int64_t size, std::unique_ptr<Run> run) {
    const std::lock_guard lock(mutex_);
    // The one that lay idle for longest makes room.
    if (idle_.size() == kMaxIdle) idle_.erase(idle_.begin());
    idle_.emplace_back(size, std::move(run));
  }

 private:
  static constexpr std::size_t kMaxIdle = 4;
  std::mutex mutex_;
  std::vector<std::pair<std::int64_t, std::unique_ptr<Run>>> idle_;  // oldest first
};

}  // namespace videogen::embed
