// Faults on demand: what goes wrong, where, how often.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace videogen::emulator {

// What a request is for. Faults strike by place.
enum class Place { submit, poll, download, upload, object, token, hub, other };

enum class FaultKind {
  status,              // an error of that HTTP status in place of the work
  timeout,             // the work is done, the answer never comes
  lost_reply,          // the work is done, the connection ends without an answer
  reset,               // nothing is done, the connection is reset
  stall,               // the answer stops halfway, or before it begins where it has no body
  truncated_download,  // the connection ends halfway through the answer
  wrong_bytes,         // a byte of the answer is not what was stored
  slow_poll,           // the answer takes some seconds
  not_json,            // 200, and a page of HTML
  expired_token,       // 401
  retired,             // 404: no such model
  filtered,            // the operation ends without videos, with support codes
  partial,             // the operation ends with one video less than asked for
  operation_error,     // the operation ends with error 13, internal
  policy_error,        // the operation ends with error 3, invalid argument
  endless,             // the operation never ends
  damaged,             // the clip lacks its first half, index included: no player opens it
};

struct Fault {
  FaultKind kind = FaultKind::status;
  int status = 0;  // of FaultKind::status
  bool retry_after = true;
  std::optional<std::uint64_t> after_bytes;  // of the body; absent: halfway
  std::chrono::milliseconds stall{0};        // 0: for good
};

// A line of --help: "429 503 timeout …".
[[nodiscard]] std::string fault_kinds();

// What was drawn for one request.
class Faults {
 public:
  void add(const Fault& fault) { list_.push_back(fault); }
  [[nodiscard]] const Fault* find(FaultKind kind) const;
  [[nodiscard]] bool has(FaultKind kind) const { return find(kind) != nullptr; }
  [[nodiscard]] std::span<const Fault> all() const { return list_; }

 private:
  std::vector<Fault> list_;
};

// KIND[.PLACE][:PROBABILITY][@TIMES]: kinds are those of fault_kinds() and any status from 400
// to 599, "-no-retry-after" may follow 429 and 503; places are submit, poll, download, upload,
// object, token, hub. Without a place each kind strikes where it belongs.
struct FaultRule {
  Fault fault;
  std::vector<Place> places;
  double probability = 1;
  std::optional<std::uint64_t> times;  // absent: without end
};
// Errors: usage, naming what is allowed.
[[nodiscard]] Result<FaultRule> parse_fault(std::string_view text);

// The header x-goog-emulator-instructions: kinds as above, or the words of Google's
// storage-testbench (return-503, return-503-after-256K, return-broken-stream,
// return-broken-stream-after-YK, return-corrupted-data, return-reset-connection, stall-always,
// stall-at-256KiB, stall-for-Ts-after-YK), separated by commas; they strike that request.
// Errors: usage.
[[nodiscard]] Result<Faults> parse_instructions(std::string_view header);

// Which rules strike which requests; for several threads at once. The same rules and the same
// order of requests give the same faults.
class FaultPlan {
 public:
  explicit FaultPlan(std::vector<FaultRule> rules) : rules_(std::move(rules)) {}
  void replace(std::vector<FaultRule> rules);
  [[nodiscard]] Faults draw(Place place);

 private:
  std::mutex mutex_;
  std::vector<FaultRule> rules_;
  std::mt19937_64 random_{1};
};

}  // namespace videogen::emulator
