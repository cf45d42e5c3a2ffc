// What FFmpeg's libraries log, kept away from stderr and given to whom it concerns.
//
// The log callback is one for the process: it is installed with the first LogSink and drops
// what belongs to none. A sink receives the messages of codecs whose context names it as
// `opaque` (decoders log from threads of their own) and of everything that runs in a thread
// inside a LogScope.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

namespace videogen::media {

// Thread-safe. Keeps the last error, on one printable line.
class LogSink {
 public:
  LogSink();
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;
  ~LogSink();

  void add(std::string line);
  // The last error since the previous call; empty if there was none.
  [[nodiscard]] std::string take();

 private:
  std::mutex mutex_;
  std::string last_;  // guarded by mutex_
};

// While it lives, messages of this thread that name no sink go to this one.
class LogScope {
 public:
  explicit LogScope(LogSink& sink);
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;
  ~LogScope();

 private:
  LogSink* outer_;
};

}  // namespace videogen::media
