// Ctrl-C, termination and hang-up as a stop request.
#pragma once

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
  // What a signal does, for the program itself: nobody reads its output any more.
  void request_stop() { stop_.request_stop(); }

 private:
  std::stop_source stop_;
  std::thread waiting_;
};

}  // namespace videogen::cli
