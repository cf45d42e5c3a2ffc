// Ctrl-C, termination and hang-up as a stop request.
#pragma once

#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace videogen::cli {

// From construction on the first SIGINT, SIGTERM or SIGHUP requests a stop, which lets the
// program end cleanly with status 5; the second ends it at once, with the same status.
// One for the process.
class Interruption {
 public:
  Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption();

  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }
  // SIGHUP calls this from now on, on a thread of its own, instead of stopping: a service reads
  // its files again. Also where it was to be ignored. Empty: as before.
  void on_hangup(std::function<void()> reload);
  // What a signal does, for the program itself: nobody reads its output any more.
  void request_stop() { stop_.request_stop(); }

 private:
  std::stop_source stop_;
  std::mutex mutex_;  // guards reload_
  std::function<void()> reload_;
  std::thread waiting_;
};

}  // namespace videogen::cli
