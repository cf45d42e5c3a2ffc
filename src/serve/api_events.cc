// Server-sent events (WHATWG HTML, section 9.2): of a job, until it has ended, and of all jobs of
// a caller.
#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "net/form.h"
#include "serve/job_json_internal.h"
#include "serve/parts.h"
#include "serve/problem.h"

namespace videogen::serve {
namespace {

using Clock = std::chrono::steady_clock;
using net::Pulled;

// Clients that hear nothing for 5 s give up.
constexpr std::chrono::milliseconds kKeepAlive{2'500};

class EventStream {
 public:
  explicit EventStream(std::unique_ptr<Subscription> events) : events_(std::move(events)) {}

  Result<Pulled> pull(std::span<char> buffer) {
    if (pending_.empty()) fill();
    if (pending_.empty())
      return Pulled{0, events_->over() ? Pulled::Then::end : Pulled::Then::wait};
    const std::size_t sent = std::min(pending_.size(), buffer.size());
    std::memcpy(buffer.data(), pending_.data(), sent);
    pending_.erase(0, sent);
    told_ = Clock::now();
    return Pulled{sent, Pulled::Then::more};
  }

 private:
  void fill() {
    if (const auto event = events_->next(std::chrono::milliseconds(0)))
      pending_ = fmt::format("id: {}\ndata: {}\n\n", event->id, dump(event_json(*event)));
    else if (!events_->over() && Clock::now() - told_ >= kKeepAlive)
      pending_ = ": still here\n\n";
  }

  std::unique_ptr<Subscription> events_;
  std::string pending_ = "retry: 1000\n\n";
  Clock::time_point told_ = Clock::now();
};

Result<std::optional<std::int64_t>> last_event_id(const net::ServerRequest& request) {
  auto text = request.headers.find("Last-Event-ID");
  if (!text || text->empty()) text = net::find(request.query, "after");
  if (!text || text->empty()) return std::nullopt;
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), id);
  if (error != std::errc() || end != text->data() + text->size() || id < 0)
    return fail(ErrorCode::usage,
                fmt::format("Last-Event-ID {}: no event has that id", printable(*text, 60)));
  return id;
}

net::ServerResponse stream(const ServiceParts& parts, const Call& call, std::string_view job) {
  auto after = last_event_id(call.request);
  if (!after) return problem(after.error());
  if (!*after && job.empty()) {
    // Of all jobs only what happens from now on: the list has the rest.
    JobQuery newest;
    newest.limit = 1;
    const auto page = parts.jobs.list(call.caller.tenant, newest);
    if (!page) return problem(page.error());
    *after = page->jobs.empty() ? 0 : page->jobs.front().last_event;
  }
  auto events = parts.jobs.subscribe(call.caller.tenant, job, after->value_or(0));
  if (!events) return problem(events.error());
  const auto kept = std::make_shared<EventStream>(*std::move(events));
  net::ServerResponse response;
  response.headers.add("Content-Type", "text/event-stream");
  response.headers.add("X-Accel-Buffering", "no");
  response.body =
      net::ResponseBody::stream([kept](std::span<char> buffer) { return kept->pull(buffer); });
  return response;
}

}  // namespace

void add_event_routes(Routes& routes, const ServiceParts& parts) {
  routes.add("GET", "/v1/jobs/{id}/events", Access::caller,
             [&parts](const Call& call) { return stream(parts, call, call.values["id"]); });
  routes.add("GET", "/v1/events", Access::caller,
             [&parts](const Call& call) { return stream(parts, call, {}); });
}

}  // namespace videogen::serve
