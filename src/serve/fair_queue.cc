#include "serve/fair_queue.h"

#include <algorithm>
#include <utility>

namespace videogen::serve {
namespace {

long long rank(const FairQueue::Waiting& waiting, FairQueue::Clock::time_point now) {
  return waiting.priority + (now - waiting.since) / FairQueue::kStep;
}

}  // namespace

void FairQueue::push(Waiting waiting) {
  auto& own = waiting_[waiting.tenant];
  if (own.empty()) turns_.push_back(waiting.tenant);
  own.push_back(std::move(waiting));
  ++size_;
}

std::optional<FairQueue::Waiting> FairQueue::pop(Clock::time_point now) {
  if (turns_.empty()) return std::nullopt;
  const std::string tenant = std::move(turns_.front());
  turns_.pop_front();
  const auto at = waiting_.find(tenant);
  auto& own = at->second;
  // The first of the highest.
  const auto best = std::ranges::max_element(
      own, [now](const Waiting& a, const Waiting& b) { return rank(a, now) < rank(b, now); });
  Waiting next = std::move(*best);
  own.erase(best);
  --size_;
  if (own.empty())
    waiting_.erase(at);
  else
    turns_.push_back(tenant);
  return next;
}

bool FairQueue::remove(std::string_view tenant, std::string_view job) {
  const auto at = waiting_.find(tenant);
  if (at == waiting_.end()) return false;
  if (std::erase_if(at->second, [job](const Waiting& w) { return w.job == job; }) == 0)
    return false;
  --size_;
  if (at->second.empty()) {
    std::erase(turns_, tenant);
    waiting_.erase(at);
  }
  return true;
}

std::size_t FairQueue::size(std::string_view tenant) const {
  const auto at = waiting_.find(tenant);
  return at == waiting_.end() ? 0 : at->second.size();
}

}  // namespace videogen::serve
