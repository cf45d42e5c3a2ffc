// Who is next: tenants take turns, and within a tenant the highest priority goes first. Waiting
// raises it, so that nobody waits for ever. Not for several threads at once; bounds are the
// caller's.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace videogen::serve {

class FairQueue {
 public:
  using Clock = std::chrono::steady_clock;
  // After so long in the queue a job counts as one step of priority higher.
  static constexpr std::chrono::seconds kStep{10};

  struct Waiting {
    std::string job, tenant;
    int priority = 0;
    Clock::time_point since{};
  };

  void push(Waiting waiting);
  // Of equals the one that has waited longest.
  [[nodiscard]] std::optional<Waiting> pop(Clock::time_point now);
  // False: it does not wait.
  bool remove(std::string_view tenant, std::string_view job);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t size(std::string_view tenant) const;
  // Tenants that have something waiting.
  [[nodiscard]] std::size_t tenants() const { return turns_.size(); }

 private:
  std::map<std::string, std::vector<Waiting>, std::less<>> waiting_;  // in order of arrival
  std::deque<std::string> turns_;  // tenants that wait; the first is next
  std::size_t size_ = 0;
};

}  // namespace videogen::serve
