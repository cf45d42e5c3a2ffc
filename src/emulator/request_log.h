// What the emulator was asked, for tests that count.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

namespace videogen::emulator {

struct LoggedRequest {
  std::string method;
  std::string path;         // without the query, which may hold a key
  int status = 0;           // that was answered, or would have been but for a fault
  std::string body_sha256;  // hex digits
  std::string faults;       // that struck, separated by spaces
};

// Keeps the last 100,000. For several threads at once.
class RequestLog {
 public:
  void add(LoggedRequest request);
  // {"requests": [{"method", "path", "status", "body_sha256", "faults"}]}
  [[nodiscard]] std::string json() const;

 private:
  mutable std::mutex mutex_;
  std::deque<LoggedRequest> requests_;
};

}  // namespace videogen::emulator
