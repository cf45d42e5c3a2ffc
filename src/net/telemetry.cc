#include "net/telemetry.h"

#include <zlib.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <span>
#include <thread>

#include "net/http_client.h"
#include "net/otlp_json_internal.h"
#include "net/retry.h"
#include "net/timing.h"

namespace videogen::net {
namespace {

// OTLP/HTTP: these and lost connections are worth repeating, nothing else is.
bool is_retryable(const HttpResult& result) {
  if (!result) return result.error().transient;
  const int status = result->status;
  return status == 429 || status == 502 || status == 503 || status == 504;
}

// Empty where zlib has no memory: the text goes out as it is then.
std::string gzipped(const std::string& text) {
  constexpr int kGzipWindow = 15 + 16, kMemory = 8;
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemory,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    return "";
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(done ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

// By the trace's id, so that all who ask decide alike.
bool is_sampled(const std::string& trace_id, double share) {
  if (share >= 1) return true;
  if (share <= 0) return false;
  constexpr std::size_t kDigits = 14;  // 56 bits: as exact as a double
  const auto value = std::stoull(trace_id.substr(trace_id.size() - kDigits), nullptr, 16);
  return static_cast<double>(value) < share * 72057594037927936.0;  // 2^56
}

}  // namespace

struct Telemetry::State {
  explicit State(TelemetryOptions given) : options(std::move(given)) {}

  TelemetryOptions options;
  mutable std::mutex mutex;
  std::condition_variable_any changed;
  // Guarded by mutex:
  std::deque<FinishedSpan> spans;
  std::deque<TelemetryEvent> events;
  bool sending = false, hurry = false;
  Counts counts;

  std::stop_source cut;  // of what is on the wire
  std::jthread worker;

  template <class Item>
  void push(std::deque<Item>& queue, Item item) {
    const std::lock_guard lock(mutex);
    if (queue.size() >= options.queue) {
      ++counts.dropped;
      return;
    }
    queue.push_back(std::move(item));
    if (queue.size() >= options.batch) changed.notify_all();
  }

  template <class Item>
  std::vector<Item> take(std::deque<Item>& queue) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(options.batch, queue.size()));
    std::vector<Item> batch(std::make_move_iterator(queue.begin()),
                            std::make_move_iterator(queue.begin() + count));
    queue.erase(queue.begin(), queue.begin() + count);
    return batch;
  }

  void work(const std::stop_token& stop) {
    const HttpClient client;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      changed.wait_for(lock, stop, options.delay, [this] {
        return hurry || spans.size() >= options.batch || events.size() >= options.batch;
      });
      while (!stop.stop_requested() && (!spans.empty() || !events.empty())) {
        const auto some_spans = take(spans);
        const auto some_events = take(events);
        sending = true;
        lock.unlock();
        if (!some_spans.empty())
          count(some_spans.size(), deliver(client, options.traces_url, options.trace_headers,
                                           otlp_traces(options.resource, some_spans)));
        if (!some_events.empty())
          count(some_events.size(), deliver(client, options.logs_url, options.log_headers,
                                            otlp_logs(options.resource, some_events)));
        lock.lock();
        sending = false;
      }
      hurry = false;
      changed.notify_all();
    }
  }

  // How many the receiver refused; nullopt: it took none.
  std::optional<std::uint64_t> deliver(const HttpClient& client, const std::string& url,
                                       const std::vector<std::pair<std::string, Secret>>& headers,
                                       std::string body) const {
    Request request{.method = "POST", .url = url};
    request.headers.set("Content-Type", "application/json");
    for (const auto& [name, value] : headers) request.secret_headers.push_back({name, "", value});
    if (options.gzip) {
      if (std::string small = gzipped(body); !small.empty()) {
        body = std::move(small);
        request.headers.set("Content-Encoding", "gzip");
      }
    }
    request.body = std::move(body);
    request.repeatable = true;
    request.deadlines.whole = options.timeout;
    constexpr std::uint64_t kMostReplyBytes = std::uint64_t{4} << 20;
    request.most_bytes = kMostReplyBytes;
    const RetryPolicy policy{.whole = options.timeout};
    const Timing& timing = Timing::real();
    const auto end = timing.now() + options.timeout;
    for (int attempt = 1;; ++attempt) {
      const HttpResult result = client.send(request, cut.get_token());
      if (result && result->status >= 200 && result->status < 300)
        return otlp_rejected(result->body);
      if (!is_retryable(result) || attempt >= policy.most_attempts) return std::nullopt;
      auto pause = backoff(policy, attempt, timing.random());
      if (result)
        pause = std::max(pause, retry_after(result->headers, timing.wall()).value_or(pause));
      if (timing.now() + pause >= end || !timing.sleep(pause, cut.get_token())) return std::nullopt;
    }
  }

  void count(std::uint64_t items, std::optional<std::uint64_t> rejected) {
    const std::lock_guard lock(mutex);
    if (!rejected) {
      counts.dropped += items;
      return;
    }
    const std::uint64_t refused = std::min(*rejected, items);
    counts.rejected += refused;
    counts.sent += items - refused;
  }
};

Telemetry::Telemetry(TelemetryOptions options)
    : state_(std::make_unique<State>(std::move(options))) {
  if (on())
    state_->worker = std::jthread([this](const std::stop_token& stop) { state_->work(stop); });
}

Telemetry::~Telemetry() {
  if (!on()) return;
  flush(state_->options.linger);
  state_->cut.request_stop();
  state_->worker.request_stop();
  state_->worker.join();
}

bool Telemetry::on() const {
  return !state_->options.traces_url.empty() || !state_->options.logs_url.empty();
}
bool Telemetry::content() const { return on() && state_->options.content; }

Span Telemetry::start(std::string name, SpanKind kind, Attributes attributes,
                      const std::optional<TraceContext>& parent) {
  const TelemetryOptions& options = state_->options;
  const std::optional<TraceContext>& above = parent ? parent : options.parent;
  Span span;
  span.propagate_ = options.propagate;
  if (options.traces_url.empty()) {
    // Nothing is recorded, but a trace that passes through stays whole.
    span.context_ = above;
    return span;
  }
  TraceContext context{above ? above->trace_id : random_hex(32), random_hex(16), false,
                       above ? above->trace_state : ""};
  // Within this process the decision was made by the first span.
  const bool follows = parent || (above && !options.ignore_parent);
  context.sampled = follows ? above->sampled : is_sampled(context.trace_id, options.sampled_share);
  span.context_ = context;
  if (!context.sampled) return span;
  span.owner_ = this;
  span.span_ = FinishedSpan{.context = context,
                            .parent_id = above ? above->span_id : "",
                            .name = std::move(name),
                            .kind = kind,
                            .start = std::chrono::system_clock::now(),
                            .end = {},
                            .attributes = std::move(attributes),
                            .failed = false,
                            .message = ""};
  return span;
}

void Telemetry::record(TelemetryEvent event) {
  if (state_->options.logs_url.empty()) return;
  state_->push(state_->events, std::move(event));
}

void Telemetry::record(FinishedSpan span) { state_->push(state_->spans, std::move(span)); }

bool Telemetry::flush(std::chrono::milliseconds most) {
  if (!on()) return true;
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  const auto idle = [&state] {
    return !state.sending && state.spans.empty() && state.events.empty();
  };
  if (idle()) return true;
  state.hurry = true;
  state.changed.notify_all();
  return state.changed.wait_for(lock, most, idle);
}

Telemetry::Counts Telemetry::counts() const {
  const std::lock_guard lock(state_->mutex);
  return state_->counts;
}

Span::Span(Span&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)),
      propagate_(other.propagate_),
      context_(std::move(other.context_)),
      span_(std::move(other.span_)) {}

Span& Span::operator=(Span&& other) noexcept {
  if (this == &other) return *this;
  end();
  owner_ = std::exchange(other.owner_, nullptr);
  propagate_ = other.propagate_;
  context_ = std::move(other.context_);
  span_ = std::move(other.span_);
  return *this;
}

Span::~Span() { end(); }

void Span::set(std::string name, std::variant<std::string, bool, std::int64_t, double> value) {
  if (owner_ == nullptr) return;
  const auto same = std::ranges::find(span_.attributes, name, &Attribute::name);
  if (same != span_.attributes.end())
    same->value = std::move(value);
  else
    span_.attributes.push_back({std::move(name), std::move(value)});
}

void Span::fail(std::string type, std::string message) {
  if (owner_ == nullptr) return;
  set("error.type", std::move(type));
  span_.failed = true;
  span_.message = std::move(message);
}

void Span::end() {
  Telemetry* owner = std::exchange(owner_, nullptr);
  if (owner == nullptr) return;
  span_.end = std::chrono::system_clock::now();
  owner->record(std::move(span_));
}

std::string Span::header() const { return propagate_ && context_ ? traceparent(*context_) : ""; }

}  // namespace videogen::net
