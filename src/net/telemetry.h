// Spans and events for whoever watches this program from elsewhere: OTLP 1.x over HTTP, as JSON.
//
// Off unless an endpoint is configured. What is recorded waits in a bounded queue and is sent by
// a thread of its own; what does not fit, or cannot be delivered, is dropped and counted. No call
// waits for the network, but the destructor, for Options::linger at most.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "net/secret.h"
#include "net/trace_context.h"

namespace videogen::net {

struct Attribute {
  std::string name;  // "gen_ai.request.model"
  std::variant<std::string, bool, std::int64_t, double> value;
};
using Attributes = std::vector<Attribute>;

enum class SpanKind { internal = 1, server = 2, client = 3 };  // the numbers of OTLP

struct FinishedSpan {
  TraceContext context;
  std::string parent_id;  // empty: the first of its trace
  std::string name;
  SpanKind kind = SpanKind::internal;
  std::chrono::system_clock::time_point start, end;
  Attributes attributes;
  bool failed = false;
  std::string message;  // of a failure
};

// A log record with a name.
struct TelemetryEvent {
  std::string name;  // "gen_ai.evaluation.result"
  std::chrono::system_clock::time_point time;
  std::optional<TraceContext> context;
  Attributes attributes;
};

struct TelemetryOptions {
  std::string traces_url, logs_url;  // whole addresses; empty: that signal is off
  std::vector<std::pair<std::string, Secret>> trace_headers, log_headers;
  bool gzip = false;
  std::chrono::milliseconds timeout{10'000};  // of one export, its repetitions included
  Attributes resource{};                      // service.name, …
  // Of traces that begin here; those that come from elsewhere follow their flag unless
  // `ignore_parent` is set.
  double sampled_share = 1;
  bool ignore_parent = false;
  std::optional<TraceContext> parent{};  // of the spans that have none here
  bool propagate = true;                 // traceparent is sent along
  bool content = false;                  // prompts and answers may be recorded
  std::size_t queue = 2048, batch = 512;
  std::chrono::milliseconds delay{5'000};   // between exports
  std::chrono::milliseconds linger{2'000};  // at the end
  std::vector<std::string> warnings{};      // what of the environment is not honoured, a line each
};

// OTEL_* and TRACEPARENT, TRACESTATE, as OpenTelemetry's specification has them ("General SDK
// configuration", "OTLP exporter"). `variable` gives a variable's value, nullopt where it is not
// set. A value that cannot be read is a warning, and its default counts.
[[nodiscard]] TelemetryOptions telemetry_from_environment(
    const std::function<std::optional<std::string>(const char* name)>& variable);
// The process's own.
[[nodiscard]] TelemetryOptions telemetry_from_environment();

class Telemetry;

// Something that takes time; ends, and is queued, when it is destroyed. Movable. A span of a
// Telemetry that is off, or one that is not sampled, costs nothing and is not sent; a trace that
// came from elsewhere is passed on even then.
class Span {
 public:
  Span() = default;
  Span(Span&&) noexcept;
  Span& operator=(Span&&) noexcept;
  ~Span();

  void set(std::string name, std::variant<std::string, bool, std::int64_t, double> value);
  // `type`: error.type, a word of few ("timeout", "429").
  void fail(std::string type, std::string message);
  void end();

  [[nodiscard]] const std::optional<TraceContext>& context() const { return context_; }
  // For the request that is made within; empty where none is to be sent.
  [[nodiscard]] std::string header() const;

 private:
  friend class Telemetry;
  Telemetry* owner_ = nullptr;  // null: not recorded, or ended
  bool propagate_ = false;
  std::optional<TraceContext> context_;
  FinishedSpan span_;
};

// For several threads at once; outlives its spans.
class Telemetry {
 public:
  struct Counts {
    std::uint64_t sent = 0, dropped = 0, rejected = 0;  // spans and events
  };

  explicit Telemetry(TelemetryOptions options);
  Telemetry(const Telemetry&) = delete;
  Telemetry& operator=(const Telemetry&) = delete;
  ~Telemetry();

  [[nodiscard]] bool on() const;
  [[nodiscard]] bool content() const;

  // Without a parent: of the environment's trace, or of a new one.
  [[nodiscard]] Span start(std::string name, SpanKind kind, Attributes attributes,
                           const std::optional<TraceContext>& parent = std::nullopt);
  void record(TelemetryEvent event);

  // Sends what is queued; false if that took longer.
  bool flush(std::chrono::milliseconds most);
  [[nodiscard]] Counts counts() const;

 private:
  friend class Span;
  void record(FinishedSpan span);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace videogen::net
