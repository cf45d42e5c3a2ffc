#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "net/otlp_json_internal.h"

namespace videogen::net {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kScope = "videogen";

std::string nanoseconds(std::chrono::system_clock::time_point time) {
  return fmt::format(
      "{}", std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

struct ToJson {
  Json operator()(const std::string& text) const { return {{"stringValue", text}}; }
  Json operator()(bool flag) const { return {{"boolValue", flag}}; }
  Json operator()(std::int64_t number) const { return {{"intValue", fmt::format("{}", number)}}; }
  Json operator()(double number) const {
    // JSON has no word for these; protobuf's mapping does.
    if (std::isnan(number)) return {{"doubleValue", "NaN"}};
    if (std::isinf(number)) return {{"doubleValue", number > 0 ? "Infinity" : "-Infinity"}};
    return {{"doubleValue", number}};
  }
};

Json attributes_json(const Attributes& attributes) {
  Json list = Json::array();
  for (const Attribute& attribute : attributes)
    list.push_back({{"key", attribute.name}, {"value", std::visit(ToJson{}, attribute.value)}});
  return list;
}

Json scope_json() { return {{"name", kScope}, {"version", VIDEOGEN_VERSION}}; }

Json span_json(const FinishedSpan& span) {
  constexpr int kError = 2, kUnset = 0, kSampled = 1;
  Json json{{"traceId", span.context.trace_id}, {"spanId", span.context.span_id}};
  if (!span.context.trace_state.empty()) json["traceState"] = span.context.trace_state;
  if (!span.parent_id.empty()) json["parentSpanId"] = span.parent_id;
  json["flags"] = span.context.sampled ? kSampled : 0;
  json["name"] = span.name;
  json["kind"] = static_cast<int>(span.kind);
  json["startTimeUnixNano"] = nanoseconds(span.start);
  json["endTimeUnixNano"] = nanoseconds(span.end);
  json["attributes"] = attributes_json(span.attributes);
  json["status"] = {{"code", span.failed ? kError : kUnset}};
  if (!span.message.empty()) json["status"]["message"] = span.message;
  return json;
}

Json event_json(const TelemetryEvent& event) {
  constexpr int kInfo = 9;
  Json json{{"timeUnixNano", nanoseconds(event.time)},
            {"observedTimeUnixNano", nanoseconds(event.time)},
            {"severityNumber", kInfo},
            {"severityText", "INFO"},
            {"eventName", event.name},
            {"attributes", attributes_json(event.attributes)}};
  if (event.context) {
    json["traceId"] = event.context->trace_id;
    json["spanId"] = event.context->span_id;
  }
  return json;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string otlp_traces(const Attributes& resource, std::span<const FinishedSpan> spans) {
  Json list = Json::array();
  for (const FinishedSpan& span : spans) list.push_back(span_json(span));
  return dump({{"resourceSpans",
                Json::array({{{"resource", {{"attributes", attributes_json(resource)}}},
                              {"scopeSpans", Json::array({{{"scope", scope_json()},
                                                           {"spans", std::move(list)}}})}}})}});
}

std::string otlp_logs(const Attributes& resource, std::span<const TelemetryEvent> events) {
  Json list = Json::array();
  for (const TelemetryEvent& event : events) list.push_back(event_json(event));
  return dump({{"resourceLogs",
                Json::array({{{"resource", {{"attributes", attributes_json(resource)}}},
                              {"scopeLogs", Json::array({{{"scope", scope_json()},
                                                          {"logRecords", std::move(list)}}})}}})}});
}

std::uint64_t otlp_rejected(std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return 0;
  const auto partial = json.find("partialSuccess");
  if (partial == json.end() || !partial->is_object()) return 0;
  for (const char* name : {"rejectedSpans", "rejectedLogRecords"}) {
    const auto count = partial->find(name);
    if (count == partial->end()) continue;
    if (count->is_number_unsigned()) return count->get<std::uint64_t>();
    if (!count->is_string()) continue;
    const auto& text = count->get_ref<const std::string&>();
    std::uint64_t value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc())
      return value;
  }
  return 0;
}

}  // namespace videogen::net
