#include "serve/mcp_server_internal.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "serve/json_text_internal.h"

namespace videogen::serve {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> kLegacyVersions{kLegacyMcp, "2025-06-18", "2025-03-26",
                                                          "2024-11-05"};
constexpr int kUnsupportedVersion = -32022;
constexpr std::string_view kVersionKey = "io.modelcontextprotocol/protocolVersion";
constexpr std::string_view kCapabilitiesKey = "io.modelcontextprotocol/clientCapabilities";
constexpr std::string_view kServerInfoKey = "io.modelcontextprotocol/serverInfo";
constexpr int kToolsKeep_ms = 300'000;

constexpr std::string_view kInstructions =
    "validate_video judges a clip and waits; for long clips, repairs and generations use "
    "submit_video_job and ask get_video_job from time to time.";

McpServer::Answer fails(const json& id, int code, std::string message, int http_status,
                        json data = {}) {
  McpServer::Answer answer;
  answer.response = rpc_error(id, {code, std::move(message), std::move(data)});
  answer.http_status = http_status;
  return answer;
}

json supported_versions() {
  json all = json::array({kModernMcp});
  for (const std::string_view version : kLegacyVersions) all.push_back(version);
  return all;
}

const json& meta_of(const RpcCall& call) {
  static const json none;
  const auto at = call.params.find("_meta");
  return at != call.params.end() && at->is_object() ? *at : none;
}

json meta_value(const RpcCall& call, std::string_view key) {
  const json& meta = meta_of(call);
  if (!meta.is_object()) return nullptr;
  const auto at = meta.find(key);
  return at == meta.end() ? json(nullptr) : *at;
}

}  // namespace

McpRun::McpRun(Jobs& jobs, McpValidation validation, McpCaller caller, json id, json progress_token,
               bool modern)
    : jobs_(jobs),
      validation_(std::move(validation)),
      caller_(std::move(caller)),
      id_(std::move(id)),
      progress_token_(std::move(progress_token)),
      modern_(modern) {}

std::vector<json> McpRun::next() {
  std::vector<json> messages;
  std::optional<JobEvent> newest;
  while (!over_) {
    auto event = validation_.events->next(std::chrono::milliseconds(0));
    if (!event) break;
    if (event->type == JobEvent::Type::progress) newest = std::move(event);
  }
  const double percent = newest ? std::round(newest->progress * 100) : -1;
  // It must grow from one to the next.
  if (!progress_token_.is_null() && percent > told_) {
    told_ = percent;
    messages.push_back({{"jsonrpc", "2.0"},
                        {"method", "notifications/progress"},
                        {"params",
                         {{"progressToken", progress_token_},
                          {"progress", percent},
                          {"total", 100},
                          {"message", newest->stage}}}});
  }
  if (over_ || !validation_.events->over()) return messages;
  over_ = true;
  const auto job = jobs_.find(caller_.tenant, validation_.job.id);
  json result =
      job ? validation_result(*job, caller_, validation_.whole) : tool_failure(job.error().message);
  if (modern_) result["resultType"] = "complete";
  messages.push_back(rpc_result(id_, std::move(result)));
  return messages;
}

void McpRun::cancel() {
  over_ = true;
  cancel_work();
}

void McpRun::cancel_work() {
  [[maybe_unused]] const auto cancelled = jobs_.cancel(caller_.tenant, validation_.job.id);
}

std::optional<std::string> McpServer::modern_version(const RpcCall& call) {
  const json version = meta_value(call, kVersionKey);
  return version.is_string() ? std::optional(version.get<std::string>()) : std::nullopt;
}

json McpServer::info() const {
  return {{"name", "videogen"}, {"title", "videogen"}, {"version", version_}};
}

McpServer::Answer McpServer::answer(const RpcCall& call, const McpCaller& caller) {
  if (const auto version = modern_version(call)) return answer_modern(call, caller, *version);
  return answer_legacy(call, caller);
}

McpServer::Answer McpServer::answer_modern(const RpcCall& call, const McpCaller& caller,
                                           const std::string& version) {
  if (version != kModernMcp)
    return fails(call.id, kUnsupportedVersion,
                 fmt::format("unsupported protocol version {}", printable(version, 40)), 400,
                 {{"supported", supported_versions()}, {"requested", version}});
  if (!meta_value(call, kCapabilitiesKey).is_object())
    return fails(call.id, RpcError::invalid_params, fmt::format("_meta lacks {}", kCapabilitiesKey),
                 400);
  Answer answer;
  json result;
  if (call.method == "server/discover") {
    result = {{"supportedVersions", supported_versions()},
              {"capabilities", {{"tools", json::object()}}},
              {"instructions", kInstructions},
              {"ttlMs", kToolsKeep_ms},
              {"cacheScope", "public"}};
  } else if (call.method == "tools/list") {
    result = {{"tools", mcp_tools(executor_, over_stdio_)},
              {"ttlMs", kToolsKeep_ms},
              {"cacheScope", "public"}};
  } else if (call.method == "tools/call") {
    answer = call_tool(call, caller, true);
    if (answer.run || !answer.response.contains("result")) return answer;
    result = std::move(answer.response["result"]);
  } else {
    return fails(call.id, RpcError::no_such_method,
                 fmt::format("there is no method {}", printable(call.method, 80)), 404);
  }
  result["resultType"] = "complete";
  result["_meta"] = {{kServerInfoKey, info()}};
  answer.response = rpc_result(call.id, std::move(result));
  return answer;
}

McpServer::Answer McpServer::answer_legacy(const RpcCall& call, const McpCaller& caller) {
  Answer answer;
  if (call.method == "initialize") {
    const std::string asked = text_member(call.params, "protocolVersion");
    const bool known = std::ranges::find(kLegacyVersions, asked) != kLegacyVersions.end();
    answer.began_session = true;
    answer.response = rpc_result(call.id, {{"protocolVersion", known ? asked : kLegacyMcp},
                                           {"capabilities", {{"tools", json::object()}}},
                                           {"serverInfo", info()},
                                           {"instructions", kInstructions}});
  } else if (call.method == "ping") {
    answer.response = rpc_result(call.id, json::object());
  } else if (call.method == "tools/list") {
    answer.response = rpc_result(call.id, {{"tools", mcp_tools(executor_, over_stdio_)}});
  } else if (call.method == "tools/call") {
    return call_tool(call, caller, false);
  } else if (call.method == "server/discover") {
    return fails(call.id, RpcError::invalid_params, fmt::format("_meta lacks {}", kVersionKey),
                 400);
  } else {
    return fails(call.id, RpcError::no_such_method,
                 fmt::format("there is no method {}", printable(call.method, 80)), 200);
  }
  return answer;
}

McpServer::Answer McpServer::call_tool(const RpcCall& call, const McpCaller& caller, bool modern) {
  const std::string name = text_member(call.params, "name");
  if (!is_mcp_tool(name))
    return fails(call.id, RpcError::invalid_params,
                 fmt::format("there is no tool {}", printable(name, 80)), 200);
  const auto at = call.params.find("arguments");
  const json arguments = at == call.params.end() || at->is_null() ? json::object() : *at;
  if (!arguments.is_object())
    return fails(call.id, RpcError::invalid_params, "arguments must be an object", 200);
  McpCaller whose = caller;
  if (const json parent = meta_value(call, "traceparent"); parent.is_string())
    whose.traceparent = parent.get<std::string>();
  auto result = call_mcp_tool(jobs_, name, arguments, whose);
  Answer answer;
  if (auto* validation = std::get_if<McpValidation>(&result)) {
    json token = meta_value(call, "progressToken");
    if (!token.is_string() && !token.is_number()) token = nullptr;
    answer.run = std::make_unique<McpRun>(jobs_, std::move(*validation), whose, call.id,
                                          std::move(token), modern);
  } else {
    answer.response = rpc_result(call.id, std::get<json>(std::move(result)));
  }
  return answer;
}

}  // namespace videogen::serve
