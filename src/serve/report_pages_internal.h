// Makes the pages of reports when they are asked for: one at a time, on a thread of its own, so
// that no reader keeps an answer of another waiting.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/error.h"
#include "serve/executor.h"
#include "serve/jobs.h"

namespace videogen::serve {

class ReportPages {
 public:
  static constexpr std::size_t kMostWaiting = 64;

  // Both outlive this.
  ReportPages(const Executor& executor, Jobs& jobs);
  ~ReportPages();
  ReportPages(const ReportPages&) = delete;
  ReportPages& operator=(const ReportPages&) = delete;

  // A page that is being made, for everybody who asked.
  class Making {
   public:
    // How it ended; nullopt: it has not within `time`.
    [[nodiscard]] std::optional<Status> wait(std::chrono::milliseconds time) const;

   private:
    friend class ReportPages;
    mutable std::mutex mutex_;
    mutable std::condition_variable ended_;
    std::optional<Status> outcome_;
  };
  // Errors: budget (too many wait).
  [[nodiscard]] Result<std::shared_ptr<const Making>> make(const Job& job);

 private:
  void work(const std::stop_token& stop);

  const Executor& executor_;
  Jobs& jobs_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable_any changed_;
  std::deque<Job> waiting_;
  std::map<std::string, std::shared_ptr<Making>, std::less<>> makings_;  // by job
  std::jthread thread_;                                                  // begins with the first
};

}  // namespace videogen::serve
