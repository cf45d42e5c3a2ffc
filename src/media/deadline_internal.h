// Bounds the time spent inside the reader's calls, and lets a stop request through.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>

#include "base/error.h"

namespace videogen::media {

// Counts only while a call runs: a slow consumer does not use up the budget of the file.
class Deadline {
 public:
  explicit Deadline(std::chrono::seconds budget) : budget_(budget), left_(budget) {}

  // One call of the reader.
  class Call {
   public:
    Call(Deadline& deadline, std::stop_token stop) : deadline_(deadline) {
      deadline_.stop_ = std::move(stop);
      deadline_.started_ = Clock::now();
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call() {
      deadline_.left_ -= Clock::now() - *deadline_.started_;
      deadline_.started_.reset();
      deadline_.stop_ = {};
    }

   private:
    Deadline& deadline_;
  };

  // Of the call that is running.
  [[nodiscard]] const std::stop_token& stop() const { return stop_; }
  // Time that went by while the call that is running waited for bytes to arrive: no work.
  void exclude(std::chrono::steady_clock::duration waited) {
    if (started_) *started_ += waited;
  }
  // Errors: interrupted, limit.
  [[nodiscard]] Status check() const;
  // As check(), for libav's interrupt callback.
  [[nodiscard]] bool over() const {
    return stop_.stop_requested() || (started_ && Clock::now() - *started_ > left_);
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::chrono::seconds budget_;
  Clock::duration left_;
  std::optional<Clock::time_point> started_;
  std::stop_token stop_;
};

}  // namespace videogen::media
