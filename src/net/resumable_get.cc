#include "net/resumable_get.h"

#include <charconv>

#include <fmt/format.h>

#include "net/address.h"
#include "net/content_range_internal.h"
#include "net/exchange_internal.h"

namespace videogen::net {
namespace {

std::optional<std::uint64_t> content_length(const Response& head) {
  const std::string text = head.headers.first("Content-Length").value_or("");
  std::uint64_t length = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), length);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return length;
}

// What tells one version of the file from another byte by byte (RFC 9110, section 13.1.5).
std::string validator(const Response& head) {
  const std::string tag = head.headers.first("ETag").value_or("");
  if (!tag.empty() && !tag.starts_with("W/")) return tag;
  return head.headers.first("Last-Modified").value_or("");
}

class ResumableGet {
 public:
  ResumableGet(const HttpClient& client, const Request& request, std::uint64_t already,
               const Target& target, const Timing& timing)
      : client_(client), request_(request), target_(target), timing_(timing), have_(already) {
    if (request.deadlines.whole.count() > 0) end_ = timing.now() + request.deadlines.whole;
  }

  Result<Response> run(const RetryPolicy& policy, const std::stop_token& stop) {
    for (int failures = 0;;) {
      const std::uint64_t before = have_;
      HttpResult result = attempt(stop);
      if (result && result->status / 100 == 2) return *std::move(result);
      if (result && result->status == 416 && have_ > 0 && !restarted_) {
        // More than the file holds: what is here is of something else.
        VIDEOGEN_TRY(start_anew());
        continue;
      }
      if (have_ > before) failures = 0;
      if (!worth_repeating(result, Repeat::harmless) || ++failures >= policy.most_attempts)
        return given_up(result);
      auto pause = backoff(policy, failures, timing_.random());
      if (result)
        if (const auto asked = retry_after(result->headers, timing_.wall())) pause += *asked;
      if (pause > policy.whole || (end_ && timing_.now() + pause >= *end_)) return given_up(result);
      if (!timing_.sleep(pause, stop)) return fail(ErrorCode::interrupted, "interrupted");
    }
  }

 private:
  Result<Response> given_up(const HttpResult& result) const {
    // Each connection's own deadline was rounded down to milliseconds.
    if (end_ && timing_.now() + std::chrono::milliseconds(5) >= *end_ &&
        (result || result.error().transient))
      return fail(ErrorCode::unreachable,
                  fmt::format("cannot read {}: not done within {} s", shown_address(request_.url),
                              std::chrono::duration<double>(request_.deadlines.whole).count()));
    if (!result) return tl::unexpected(static_cast<const Error&>(result.error()));
    return tl::unexpected(http_error("read " + shown_address(request_.url), *result));
  }

  Status start_anew() {
    restarted_ = true;
    have_ = 0;
    validator_.clear();
    return target_.restart();
  }

  HttpResult attempt(const std::stop_token& stop) {
    // Without a way to tell whether it is still the same file, all of it is fetched again.
    if (have_ > 0 && !target_.immutable && validator_.empty()) {
      if (const Status anew = start_anew(); !anew) {
        HttpFailure failure;
        static_cast<Error&>(failure) = anew.error();
        return tl::unexpected(failure);
      }
    }
    Request request = request_;
    if (have_ > 0) {
      request.headers.set("Range", fmt::format("bytes={}-", have_));
      if (!validator_.empty()) request.headers.set("If-Range", validator_);
    }
    if (end_) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(*end_ - timing_.now());
      request.deadlines.whole = std::max(left, std::chrono::milliseconds(1));
    }
    const BodySink sink{[&](const Response& head) { return begin(head); },
                        [&](std::span<const std::byte> bytes) {
                          have_ += bytes.size();
                          if (have_ > request_.most_bytes) return too_large();
                          return target_.append(bytes);
                        }};
    return client_.send(request, sink, stop);
  }

  [[nodiscard]] Status too_large() const {
    return fail(ErrorCode::limit, fmt::format("{} has more than the {} bytes that are allowed here",
                                              shown_address(request_.url), request_.most_bytes));
  }

  Status begin(const Response& head) {
    std::optional<std::uint64_t> total = content_length(head);
    if (head.status == 206) {
      const auto range = parse_served_range(head.headers.first("Content-Range").value_or(""));
      if (!range || range->first != have_)
        return fail(ErrorCode::corrupt, fmt::format("{} sends another range than was asked for",
                                                    shown_address(request_.url)));
      total = range->total;
    } else if (have_ > 0) {
      VIDEOGEN_TRY(start_anew());
    }
    if (total && *total > request_.most_bytes) return too_large();
    validator_ = validator(head);
    if (target_.begin) return target_.begin(head, total);
    return {};
  }

  const HttpClient& client_;
  const Request& request_;
  const Target& target_;
  const Timing& timing_;
  std::uint64_t have_;
  bool restarted_ = false;
  std::string validator_;
  std::optional<Moment> end_;
};

}  // namespace

Result<Response> resumable_get(const HttpClient& client, const Request& request,
                               std::uint64_t already, const Target& target,
                               const RetryPolicy& policy, const std::stop_token& stop,
                               const Timing& timing) {
  return ResumableGet(client, request, already, target, timing).run(policy, stop);
}

}  // namespace videogen::net
