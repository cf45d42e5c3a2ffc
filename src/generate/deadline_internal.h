// One stop token of two things: the user's stop request and the end of the time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace videogen::generate {

class Deadline {
 public:
  // A submit that is on its way gets so much more time for its reply: what is cut off is lost.
  static constexpr std::chrono::seconds kGrace{5};

  Deadline(std::stop_token user, std::chrono::milliseconds time);

  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }
  [[nodiscard]] std::stop_token cut() const { return cut_.get_token(); }
  // The time is over, and it was not the user who stopped.
  [[nodiscard]] bool passed() const { return stop_.stop_requested() && !user_.stop_requested(); }
  [[nodiscard]] bool interrupted() const { return user_.stop_requested(); }

 private:
  std::stop_token user_;
  std::stop_source stop_, cut_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread watching_;  // last: it ends before what it uses
};

}  // namespace videogen::generate
