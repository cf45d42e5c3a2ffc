#include "net/exchange_state_internal.h"

#include <algorithm>

#include "net/address.h"

namespace videogen::net {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

double in_seconds(milliseconds wait) { return static_cast<double>(wait.count()) / 1000; }

}  // namespace

std::pair<std::optional<Moment>, std::string> Exchange::next_deadline() const {
  const Deadlines& deadlines = hop_.request.deadlines;
  std::optional<Moment> next = hop_.end;
  std::string what = fmt::format("not done within {} s", in_seconds(deadlines.whole));
  const auto consider = [&](Moment from, milliseconds wait, std::string_view said) {
    if (wait.count() == 0 || (next && *next <= from + wait)) return;
    next = from + wait;
    what = fmt::format("{} for {} s", said, in_seconds(wait));
  };
  if (!connected_) {
    consider(started_, deadlines.connect, "no connection");
  } else if (!answered_ && body_sent_ == body_size_) {
    consider(active_, deadlines.first_byte, "no answer");
  } else {
    consider(active_, deadlines.stall, "not a byte");
  }
  return {next, what};
}

CURLcode Exchange::drive(const std::stop_token& stop) {
  CURLM* multi = session_.multi.get();
  const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
  while (true) {
    int running = 0;
    const CURLMcode code = curl_multi_perform(multi, &running);
    VIDEOGEN_CHECK(code == CURLM_OK, curl_multi_strerror(code));
    if (running == 0) break;
    if (stop.stop_requested()) return CURLE_ABORTED_BY_CALLBACK;
    const auto [deadline, what] = next_deadline();
    constexpr std::int64_t kLongest_ms = 1000;
    std::int64_t wait = kLongest_ms;
    if (deadline) {
      const auto left = std::chrono::ceil<milliseconds>(*deadline - Clock::now()).count();
      if (left <= 0) {
        late_ = what;
        return CURLE_OPERATION_TIMEDOUT;
      }
      wait = std::min(wait, static_cast<std::int64_t>(left));
    }
    curl_multi_poll(multi, nullptr, 0, static_cast<int>(wait), nullptr);
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left))
    if (message->msg == CURLMSG_DONE) return message->data.result;
  return CURLE_ABORTED_BY_CALLBACK;
}

HttpFailure Exchange::failure(CURLcode code) const {
  using Taken = HttpFailure::Taken;
  const Taken taken = connected_ ? Taken::unknown : Taken::no;
  const std::string shown = shown_address(hop_.url);
  if (own_error_) {
    HttpFailure own;
    static_cast<Error&>(own) = *own_error_;
    own.taken = taken;
    return own;
  }
  if (!refused_.empty())
    return http_failure(ErrorCode::usage, fmt::format("{} is refused: {}", shown, refused_), taken);
  const char* said = detail_[0] != '\0' ? detail_.data() : curl_easy_strerror(code);
  const auto unreachable = [&](std::string_view why, bool transient = true) {
    return http_failure(ErrorCode::unreachable, fmt::format("cannot reach {}: {}", shown, why),
                        taken, transient);
  };
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:  // after the connection: what came is not HTTP
      if (connected_)
        return http_failure(ErrorCode::corrupt,
                            fmt::format("{} does not speak HTTP ({})", shown, said), taken);
      [[fallthrough]];
    case CURLE_URL_MALFORMAT:
      return http_failure(ErrorCode::usage, fmt::format("{} is no address: {}", shown, said));
    case CURLE_COULDNT_RESOLVE_HOST:
      return unreachable("no such host, or no network");
    case CURLE_COULDNT_RESOLVE_PROXY:
      return unreachable("the proxy that the environment names has no address");
    case CURLE_OPERATION_TIMEDOUT:
      if (late_ || connected_) return unreachable(late_.value_or(said));
      return unreachable(
          fmt::format("no connection within {} s", in_seconds(hop_.request.deadlines.connect)));
    case CURLE_PEER_FAILED_VERIFICATION:
      return unreachable(fmt::format("its certificate is not trusted ({})", said), false);
    case CURLE_SSL_CACERT_BADFILE:
      return unreachable(fmt::format("no certificates to trust ({})", said), false);
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return unreachable(fmt::format("the connection broke ({})", said));
    case CURLE_WEIRD_SERVER_REPLY:
      return http_failure(ErrorCode::corrupt,
                          fmt::format("{} does not speak HTTP ({})", shown, said), taken);
    default:
      return unreachable(said);
  }
}

HttpResult Exchange::finish(CURLcode code, const std::stop_token& stop) {
  if (code != CURLE_OK) {
    if (stop.stop_requested() && !own_error_)
      return tl::unexpected(
          http_failure(ErrorCode::interrupted, "interrupted",
                       connected_ ? HttpFailure::Taken::unknown : HttpFailure::Taken::no));
    return tl::unexpected(failure(code));
  }
  response_.url = hop_.url;
  return std::move(response_);
}

HttpFailure http_failure(ErrorCode code, std::string message, HttpFailure::Taken taken,
                         bool transient) {
  HttpFailure failure;
  failure.code = code;
  failure.message = std::move(message);
  failure.where = std::source_location::current();
  failure.taken = taken;
  failure.transient = transient;
  return failure;
}

}  // namespace videogen::net
