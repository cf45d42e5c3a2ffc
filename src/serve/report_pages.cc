#include "serve/report_pages_internal.h"

#include <exception>
#include <utility>

#include <fmt/format.h>

namespace videogen::serve {

ReportPages::ReportPages(const Executor& executor, Jobs& jobs) : executor_(executor), jobs_(jobs) {}

ReportPages::~ReportPages() = default;  // stops the thread first: it is the last member

std::optional<Status> ReportPages::Making::wait(std::chrono::milliseconds time) const {
  std::unique_lock lock(mutex_);
  ended_.wait_for(lock, time, [this] { return outcome_.has_value(); });
  return outcome_;
}

Result<std::shared_ptr<const ReportPages::Making>> ReportPages::make(const Job& job) {
  const std::lock_guard lock(mutex_);
  if (const auto there = makings_.find(job.id); there != makings_.end()) return there->second;
  if (waiting_.size() >= kMostWaiting)
    return fail(ErrorCode::budget,
                fmt::format("{} pages are being made already: come again", waiting_.size()));
  auto making = std::make_shared<Making>();
  makings_.emplace(job.id, making);
  waiting_.push_back(job);
  if (!thread_.joinable())
    thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  changed_.notify_one();
  return making;
}

void ReportPages::work(const std::stop_token& stop) {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop, [this] { return !waiting_.empty(); });
      if (stop.stop_requested()) return;  // what still waits is not begun
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    Status outcome;
    try {
      outcome = executor_.make_page(job, stop);
    } catch (const std::exception& broken) {
      outcome =
          fail(ErrorCode::internal, fmt::format("internal error: {}", printable(broken.what())));
    }
    if (outcome) jobs_.recount(job.id);
    std::shared_ptr<Making> making;
    {
      const std::lock_guard lock(mutex_);
      making = std::move(makings_.extract(job.id).mapped());
    }
    {
      const std::lock_guard lock(making->mutex_);
      making->outcome_ = std::move(outcome);
    }
    making->ended_.notify_all();
  }
}

}  // namespace videogen::serve
