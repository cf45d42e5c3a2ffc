// POST /mcp: streamable HTTP.
#include <memory>
#include <mutex>
#include <unordered_map>

#include <fmt/format.h>

#include "base/base64.h"
#include "net/form.h"
#include "net/trace_context.h"
#include "serve/json_text_internal.h"
#include "serve/mcp.h"
#include "serve/mcp_server_internal.h"
#include "serve/parts.h"
#include "serve/stream_source_internal.h"

namespace videogen::serve {
namespace {

using net::ServerResponse;
using nlohmann::json;

constexpr int kHeaderMismatch = -32020;
constexpr std::uint64_t kMostMessage = std::uint64_t{4} << 20;

ServerResponse json_response(const json& document, int status) {
  ServerResponse response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  response.body = text_of(document);
  return response;
}

// Calls of the old era that run, so that another request can cancel them.
class Running {
 public:
  void add(const std::string& key, const std::shared_ptr<McpRun>& run) {
    const std::lock_guard lock(mutex_);
    std::erase_if(runs_, [](const auto& entry) { return entry.second.expired(); });
    runs_[key] = run;
  }
  [[nodiscard]] std::shared_ptr<McpRun> find(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    const auto at = runs_.find(key);
    return at == runs_.end() ? nullptr : at->second.lock();
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::weak_ptr<McpRun>> runs_;
};

// A run as server-sent events, or as the response alone.
class RunSource final : public StreamSource {
 public:
  enum class Form { events, response };
  RunSource(std::shared_ptr<McpRun> run, Form form, bool cancels)
      : run_(std::move(run)), form_(form), cancels_(cancels) {}
  RunSource(const RunSource&) = delete;
  RunSource& operator=(const RunSource&) = delete;
  // In the new era a caller that leaves has cancelled.
  ~RunSource() override {
    if (cancels_ && !run_->over()) run_->cancel();
  }
  Result<Piece> next() override {
    Piece piece;
    for (const json& message : run_->next()) {
      if (form_ == Form::events)
        piece.text += "event: message\n" + sse_event(message);
      else if (!message.contains("method"))
        piece.text += text_of(message);
    }
    piece.last = run_->over();
    return piece;
  }

 private:
  std::shared_ptr<McpRun> run_;
  Form form_;
  bool cancels_;
};

// "=?base64?…?=" is how clients write what no header can hold.
std::string decoded_name(std::string_view value) {
  constexpr std::string_view kBegin = "=?base64?", kEnd = "?=";
  if (!value.starts_with(kBegin) || !value.ends_with(kEnd) ||
      value.size() < kBegin.size() + kEnd.size())
    return std::string(value);
  return from_base64(value.substr(kBegin.size(), value.size() - kBegin.size() - kEnd.size()))
      .value_or("");
}

// What the headers of a modern request say must be what its body says; nullopt: it is.
std::optional<std::string> mismatch(const net::ServerRequest& request, const RpcCall& call,
                                    const std::string& version) {
  const auto differs = [&request](std::string_view header, std::string_view value) {
    const auto field = request.headers.find(header);
    return !field || decoded_name(*field) != value;
  };
  if (differs("MCP-Protocol-Version", version))
    return fmt::format("header MCP-Protocol-Version must be {}, as in the body",
                       printable(version, 40));
  if (differs("Mcp-Method", call.method))
    return fmt::format("header Mcp-Method must be {}, as in the body", printable(call.method, 60));
  if (call.method == "tools/call" && differs("Mcp-Name", text_member(call.params, "name")))
    return "header Mcp-Name must name the tool, as in the body";
  return std::nullopt;
}

class McpHttp {
 public:
  explicit McpHttp(const ServiceParts& parts)
      : parts_(parts), server_(parts.jobs, parts.executor, parts.options.version, false) {}

  ServerResponse post(const Call& call);

 private:
  ServerResponse notified(const Call& call, const RpcCall& rpc);
  static std::string key(const Call& call, const json& id) {
    return fmt::format("{}\n{}\n{}", call.caller.tenant,
                       call.request.headers.find("Mcp-Session-Id").value_or(""), text_of(id));
  }

  const ServiceParts& parts_;
  McpServer server_;
  Running running_;
};

ServerResponse McpHttp::notified(const Call& call, const RpcCall& rpc) {
  if (rpc.method == "notifications/cancelled") {
    if (const auto run = running_.find(key(call, member(rpc.params, "requestId")))) {
      // Its own stream sees the end of the job and answers: nobody waits for nothing.
      run->cancel_work();
    }
  }
  ServerResponse response;
  response.status = 202;
  return response;
}

ServerResponse McpHttp::post(const Call& call) {
  const net::ServerRequest& request = call.request;
  if (net::media_type(request.headers.find("Content-Type").value_or("")) != "application/json")
    return json_response(
        rpc_error(nullptr, {RpcError::invalid_request, "the body must be application/json"}), 415);
  auto rpc = parse_rpc_call(request.body.bytes());
  if (!rpc) {
    // Responses: nothing was asked of the client.
    return json_response(rpc_error(rpc.error().id, rpc.error().error), 400);
  }
  if (rpc->notification) return notified(call, *rpc);
  if (rpc->id.is_null())
    return json_response(
        rpc_error(nullptr, {RpcError::invalid_request, "id must be a string or a number"}), 400);
  const auto version = McpServer::modern_version(*rpc);
  const auto header = request.headers.find("MCP-Protocol-Version");
  if (version) {
    if (const auto wrong = mismatch(request, *rpc, *version); wrong && *version == kModernMcp)
      return json_response(rpc_error(rpc->id, {kHeaderMismatch, *wrong}), 400);
  } else if (header && *header == kModernMcp) {
    return json_response(
        rpc_error(rpc->id, {RpcError::invalid_params,
                            "_meta lacks io.modelcontextprotocol/protocolVersion"}),
        400);
  }
  const McpCaller caller{call.caller.tenant, parts_.root(request), {}, call.traceparent};
  McpServer::Answer answer = server_.answer(*rpc, caller);
  if (!answer.run) {
    ServerResponse response = json_response(answer.response, answer.http_status);
    if (answer.began_session) response.headers.add("Mcp-Session-Id", net::random_hex(32));
    return response;
  }
  const std::shared_ptr<McpRun> run = std::move(answer.run);
  if (!version) running_.add(key(call, rpc->id), run);
  const bool events = request.headers.find("Accept").value_or("").find("text/event-stream") !=
                      std::string_view::npos;
  const bool cancels = version.has_value();
  if (events) return sse_answer(std::make_unique<RunSource>(run, RunSource::Form::events, cancels));
  return late_json_answer(std::make_unique<RunSource>(run, RunSource::Form::response, cancels),
                          "application/json");
}

}  // namespace

void add_mcp_routes(Routes& routes, const ServiceParts& parts) {
  const auto mcp = std::make_shared<McpHttp>(parts);
  routes.add(
      "POST", "/mcp", Access::caller, [mcp](const Call& call) { return mcp->post(call); },
      kMostMessage);
}

}  // namespace videogen::serve
