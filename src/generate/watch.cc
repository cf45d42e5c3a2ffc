#include "generate/watch.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "net/address.h"

namespace videogen::generate {
namespace {

void add_server(net::Attributes& attributes, std::string_view server) {
  const auto address = net::parse_address(server);
  if (!address) return;
  attributes.push_back({"server.address", address->host});
  attributes.push_back({"server.port", std::int64_t{address->port}});
}

// The conventions' form of a prompt: messages of parts, as JSON in an attribute.
std::string messages(const std::string& prompt) {
  const nlohmann::ordered_json json{
      {{"role", "user"}, {"parts", {{{"type", "text"}, {"content", prompt}}}}}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

net::Span watch_generation(net::Telemetry& telemetry, const Order& order, std::string_view server,
                           const std::optional<net::TraceContext>& parent) {
  net::Attributes attributes{
      {"gen_ai.operation.name", "generate_content"},
      {"gen_ai.provider.name", order.backend == "veo" ? "gcp.vertex_ai" : order.backend},
      {"gen_ai.output.type", "video"}};
  if (!order.model.empty()) attributes.push_back({"gen_ai.request.model", order.model});
  if (order.seed) attributes.push_back({"gen_ai.request.seed", *order.seed});
  if (order.samples != 1)
    attributes.push_back({"gen_ai.request.choice.count", std::int64_t{order.samples}});
  if (telemetry.content()) attributes.push_back({"gen_ai.input.messages", messages(order.prompt)});
  add_server(attributes, server);
  return telemetry.start(
      order.model.empty() ? "generate_content" : fmt::format("generate_content {}", order.model),
      net::SpanKind::client, std::move(attributes), parent);
}

void name_operation(net::Span& span, std::string_view operation) {
  span.set("gen_ai.response.id", std::string(operation));
}

net::Span watch_judge(net::Telemetry& telemetry, std::string_view model, std::string_view server,
                      const std::optional<net::TraceContext>& parent) {
  net::Attributes attributes{{"gen_ai.operation.name", "chat"},
                             {"gen_ai.provider.name", "openai_compatible"},
                             {"gen_ai.output.type", "json"},
                             {"gen_ai.request.model", std::string(model)}};
  add_server(attributes, server);
  return telemetry.start(fmt::format("chat {}", model), net::SpanKind::client,
                         std::move(attributes), parent);
}

void tell_opinion(net::Telemetry& telemetry, const net::Span& span,
                  const coherence::Opinion& opinion) {
  net::TelemetryEvent event;
  event.name = "gen_ai.evaluation.result";
  event.time = std::chrono::system_clock::now();
  event.context = span.context();
  event.attributes = {{"gen_ai.evaluation.name", "clip_quality"}};
  if (opinion.score) event.attributes.push_back({"gen_ai.evaluation.score.value", *opinion.score});
  if (const auto passed = opinion.passed())
    event.attributes.push_back({"gen_ai.evaluation.score.label", *passed ? "pass" : "fail"});
  // Its words may tell of the prompt.
  if (telemetry.content() && !opinion.comment.empty())
    event.attributes.push_back({"gen_ai.evaluation.explanation", opinion.comment});
  telemetry.record(std::move(event));
}

}  // namespace videogen::generate
