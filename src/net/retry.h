// When to ask again, and how long to wait before.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>

#include "net/http_client.h"
#include "net/timing.h"

namespace videogen::net {

// What the caller knows of its request.
enum class Repeat {
  // Twice is as good as once: repeated on 408, 429, 500, 502, 503, 504, and whenever no
  // response came that a repetition could mend.
  harmless,
  // Twice would be two orders: repeated only where the server said that it did not take it (429,
  // 503), or where nothing was sent.
  only_if_not_taken,
  never,
};

struct RetryPolicy {
  int most_attempts = 5;
  // The n-th pause is drawn from [0, min(longest, first * 2^n)): full jitter, see Brooker,
  // "Exponential Backoff And Jitter" (2015). A Retry-After is the least pause.
  std::chrono::milliseconds first{1'000};
  std::chrono::milliseconds longest{32'000};
  // Of all attempts and pauses; a pause that would end later is not begun.
  std::chrono::milliseconds whole{600'000};
};

// The pause before attempt `attempt` + 1, counted from 1.
[[nodiscard]] std::chrono::milliseconds backoff(const RetryPolicy& policy, int attempt,
                                                double random);

// Of a Retry-After field: seconds, or a date (RFC 9110, section 10.2.3), which may lie in the
// past: zero then. nullopt if there is none that can be read.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_after(
    const Headers& headers, std::chrono::system_clock::time_point now);

[[nodiscard]] bool worth_repeating(const HttpResult& result, Repeat repeat);

// What the last attempt gave. A stop request during a pause ends with `interrupted`.
// `on_pause`, where given, is told before each pause: the attempt that failed and the pause.
using OnPause = std::function<void(int attempt, std::chrono::milliseconds pause)>;
[[nodiscard]] HttpResult with_retries(const std::function<HttpResult()>& attempt, Repeat repeat,
                                      const RetryPolicy& policy, const std::stop_token& stop,
                                      const Timing& timing = Timing::real(),
                                      const OnPause& on_pause = {});

}  // namespace videogen::net
