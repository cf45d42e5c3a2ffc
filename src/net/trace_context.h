// Which trace a request belongs to, as W3C Trace Context writes it (Recommendation, 2021).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace videogen::net {

struct TraceContext {
  std::string trace_id;     // 32 lower-case hex digits, not all zero
  std::string span_id;      // 16
  bool sampled = false;     // whether it is recorded
  std::string trace_state;  // passed on as it came
};

// "00-TRACE-SPAN-01"; of later versions what is known of them. nullopt: none, or not valid.
[[nodiscard]] std::optional<TraceContext> parse_traceparent(std::string_view text);
[[nodiscard]] std::string traceparent(const TraceContext& context);

// Random lower-case hex digits, not all zero; an even number.
[[nodiscard]] std::string random_hex(std::size_t digits);

}  // namespace videogen::net
