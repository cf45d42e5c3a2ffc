#include "net/retry.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <curl/curl.h>
#include <fmt/format.h>

namespace videogen::net {
namespace {

using std::chrono::milliseconds;

HttpFailure interrupted() {
  HttpFailure failure;
  failure.code = ErrorCode::interrupted;
  failure.message = "interrupted";
  return failure;
}

}  // namespace

milliseconds backoff(const RetryPolicy& policy, int attempt, double random) {
  const double doubled =
      static_cast<double>(policy.first.count()) * std::exp2(std::clamp(attempt - 1, 0, 30));
  const double most = std::min(doubled, static_cast<double>(policy.longest.count()));
  return milliseconds(std::llround(random * most));
}

std::optional<milliseconds> retry_after(const Headers& headers,
                                        std::chrono::system_clock::time_point now) {
  const std::optional<std::string> field = headers.first("Retry-After");
  if (!field) return std::nullopt;
  constexpr std::int64_t kYear_s = 31'536'000;
  std::int64_t seconds = 0;
  const char* end = field->data() + field->size();
  if (const auto read = std::from_chars(field->data(), end, seconds);
      read.ptr == end && read.ec == std::errc()) {
    return milliseconds(1000 * std::clamp<std::int64_t>(seconds, 0, kYear_s));
  }
  // curl_getdate() takes much for a date; a weekday stands before each that RFC 9110 knows.
  if (field->empty() || field->front() < 'A' || field->front() > 'Z') return std::nullopt;
  const std::time_t date = curl_getdate(field->c_str(), nullptr);
  if (date < 0) return std::nullopt;
  const auto pause =
      std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::from_time_t(date) - now);
  return std::clamp(pause, milliseconds(0), milliseconds(1000 * kYear_s));
}

bool worth_repeating(const HttpResult& result, Repeat repeat) {
  if (repeat == Repeat::never) return false;
  if (!result) {
    const HttpFailure& failure = result.error();
    return failure.transient &&
           (repeat == Repeat::harmless || failure.taken == HttpFailure::Taken::no);
  }
  constexpr std::array kNotTaken{429, 503};
  constexpr std::array kServers{408, 500, 502, 504};
  const int status = result->status;
  if (std::ranges::find(kNotTaken, status) != kNotTaken.end()) return true;
  return repeat == Repeat::harmless && std::ranges::find(kServers, status) != kServers.end();
}

HttpResult with_retries(const std::function<HttpResult()>& attempt, Repeat repeat,
                        const RetryPolicy& policy, const std::stop_token& stop,
                        const Timing& timing, const OnPause& on_pause) {
  const auto end = timing.now() + policy.whole;
  for (int done = 1;; ++done) {
    HttpResult result = attempt();
    if (done >= policy.most_attempts || !worth_repeating(result, repeat)) return result;
    milliseconds pause = backoff(policy, done, timing.random());
    if (result) {
      if (const auto asked = retry_after(result->headers, timing.wall())) {
        // The jitter comes on top: all who were sent away come back at different times.
        pause =
            *asked + backoff({.first = policy.first, .longest = policy.first}, 1, timing.random());
      }
    }
    if (timing.now() + pause > end) return result;
    if (on_pause) on_pause(done, pause);
    if (!timing.sleep(pause, stop)) return tl::unexpected(interrupted());
  }
}

}  // namespace videogen::net
