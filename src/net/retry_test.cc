#include "net/retry.h"

#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/exchange_internal.h"

namespace videogen::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Taken = HttpFailure::Taken;

// A clock that moves when somebody sleeps, and chance that is always the same.
struct FakeTime {
  std::chrono::steady_clock::time_point now{};
  std::chrono::system_clock::time_point wall{seconds(1'700'000'000)};
  std::vector<milliseconds> pauses{};
  double chance = 0.5;

  Timing timing() {
    return {[this] { return now; }, [this] { return wall; },
            [this](milliseconds pause, const std::stop_token& stop) {
              pauses.push_back(pause);
              now += pause;
              wall += pause;
              return !stop.stop_requested();
            },
            [this] { return chance; }};
  }
};

HttpResult status(int code, Headers headers = {}) {
  return Response{.status = code, .headers = std::move(headers)};
}
HttpResult lost(Taken taken) {
  return tl::unexpected(http_failure(ErrorCode::unreachable, "lost", taken, true));
}

struct Script {
  std::deque<HttpResult> answers;
  int attempts = 0;
  HttpResult operator()() {
    ++attempts;
    HttpResult next = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return next;
  }
};

TEST(Backoff, IsDrawnFromADoublingRange) {
  const RetryPolicy policy{.first = milliseconds(1000), .longest = milliseconds(5000)};
  EXPECT_EQ(backoff(policy, 1, 0.0), milliseconds(0));
  EXPECT_EQ(backoff(policy, 1, 0.25), milliseconds(250));
  EXPECT_EQ(backoff(policy, 3, 0.5), milliseconds(2000));
  EXPECT_EQ(backoff(policy, 9, 0.5), milliseconds(2500));
  EXPECT_EQ(backoff(policy, 1'000'000, 0.5), milliseconds(2500));
}

TEST(RetryAfter, ReadsSecondsAndDates) {
  const std::chrono::system_clock::time_point now{seconds(1'700'000'000)};  // 22:13:20 GMT
  const auto read = [&](std::string value) {
    return retry_after(Headers{{"retry-after", std::move(value)}}, now);
  };
  EXPECT_EQ(read("7"), seconds(7));
  EXPECT_EQ(read("Tue, 14 Nov 2023 22:14:20 GMT"), seconds(60));
  EXPECT_EQ(read("Tuesday, 14-Nov-23 22:14:20 GMT"), seconds(60));
  EXPECT_EQ(read("Tue Nov 14 22:14:20 2023"), seconds(60));
  EXPECT_EQ(read("Tue, 14 Nov 2023 22:00:00 GMT"), seconds(0));
  for (const char* bad : {"", "soon", "-", "1.5", "7 s", "9999999999999999999999"})
    EXPECT_EQ(read(bad), std::nullopt) << bad;
  EXPECT_EQ(retry_after(Headers{}, now), std::nullopt);
}

TEST(Retry, RepeatsWhatIsHarmlessUntilItWorks) {
  FakeTime time;
  const Timing timing = time.timing();
  Script script{{status(503), lost(Taken::unknown), status(429), status(200)}};
  const HttpResult got =
      with_retries([&] { return script(); }, Repeat::harmless, RetryPolicy{}, {}, timing);
  EXPECT_EQ(got->status, 200);
  EXPECT_THAT(time.pauses, ElementsAre(milliseconds(500), milliseconds(1000), milliseconds(2000)));
}

TEST(Retry, GivesUpAfterItsAttemptsOrItsTime) {
  FakeTime time;
  const Timing timing = time.timing();
  Script script{{status(500)}};
  const RetryPolicy policy{.most_attempts = 3};
  EXPECT_EQ(with_retries([&] { return script(); }, Repeat::harmless, policy, {}, timing)->status,
            500);
  EXPECT_EQ(script.attempts, 3);
  Script busy{{status(503, {{"Retry-After", "100"}})}};
  const RetryPolicy hurried{.whole = milliseconds(250'000)};
  EXPECT_EQ(with_retries([&] { return busy(); }, Repeat::harmless, hurried, {}, timing)->status,
            503);
  EXPECT_EQ(busy.attempts, 3);
}

TEST(Retry, WaitsAtLeastAsLongAsItIsAskedTo) {
  FakeTime time;
  const Timing timing = time.timing();
  Script script{{status(429, {{"Retry-After", "7"}}), status(200)}};
  (void)with_retries([&] { return script(); }, Repeat::only_if_not_taken, RetryPolicy{}, {},
                     timing);
  EXPECT_THAT(time.pauses, ElementsAre(milliseconds(7500)));
}

TEST(Retry, NeverRepeatsAnOrderThatMayHaveBeenTaken) {
  FakeTime time;
  const Timing timing = time.timing();
  const auto attempts = [&](HttpResult first, Repeat repeat) {
    Script script{{std::move(first), status(200)}};
    (void)with_retries([&] { return script(); }, repeat, RetryPolicy{}, {}, timing);
    return script.attempts;
  };
  EXPECT_EQ(attempts(lost(Taken::unknown), Repeat::only_if_not_taken), 1);
  EXPECT_EQ(attempts(lost(Taken::no), Repeat::only_if_not_taken), 2);
  for (const int code : {408, 500, 502, 504}) {
    EXPECT_EQ(attempts(status(code), Repeat::only_if_not_taken), 1) << code;
    EXPECT_EQ(attempts(status(code), Repeat::harmless), 2) << code;
  }
  for (const int code : {429, 503}) {
    EXPECT_EQ(attempts(status(code), Repeat::only_if_not_taken), 2) << code;
    EXPECT_EQ(attempts(status(code), Repeat::never), 1) << code;
  }
  for (const int code : {200, 400, 401, 403, 404, 409, 501})
    EXPECT_EQ(attempts(status(code), Repeat::harmless), 1) << code;
  EXPECT_EQ(attempts(tl::unexpected(http_failure(ErrorCode::usage, "refused")), Repeat::harmless),
            1);
}

TEST(Retry, StopsInAPause) {
  FakeTime time;
  const Timing timing = time.timing();
  std::stop_source stop;
  stop.request_stop();
  Script script{{status(503)}};
  const HttpResult got = with_retries([&] { return script(); }, Repeat::harmless, RetryPolicy{},
                                      stop.get_token(), timing);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::interrupted);
  EXPECT_EQ(script.attempts, 1);
}

TEST(Timing, SleepsUntilAStop) {
  std::stop_source stop;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(Timing::real().sleep(milliseconds(20), stop.get_token()));
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(20));
  stop.request_stop();
  EXPECT_FALSE(Timing::real().sleep(std::chrono::hours(1), stop.get_token()));
}

}  // namespace
}  // namespace videogen::net
