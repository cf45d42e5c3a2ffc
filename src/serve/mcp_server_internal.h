// What MCP's messages mean, whatever carries them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "serve/json_rpc_internal.h"
#include "serve/mcp_tools_internal.h"

namespace videogen::serve {

inline constexpr std::string_view kModernMcp = "2026-07-28", kLegacyMcp = "2025-11-25";

// A call that is being answered: notifications, then the response.
class McpRun {
 public:
  McpRun(Jobs& jobs, McpValidation validation, McpCaller caller, nlohmann::json id,
         nlohmann::json progress_token, bool modern);
  McpRun(const McpRun&) = delete;
  McpRun& operator=(const McpRun&) = delete;

  // Messages since; empty: none. Does not wait.
  [[nodiscard]] std::vector<nlohmann::json> next();
  [[nodiscard]] bool over() const { return over_; }
  // The work ends; no response follows.
  void cancel();
  // The work ends, and the response says so. May be called by another thread than next().
  void cancel_work();
  [[nodiscard]] const nlohmann::json& id() const { return id_; }

 private:
  Jobs& jobs_;
  McpValidation validation_;
  const McpCaller caller_;
  const nlohmann::json id_, progress_token_;
  const bool modern_;
  double told_ = -1;  // per cent
  bool over_ = false;
};

class McpServer {
 public:
  McpServer(Jobs& jobs, const Executor& executor, std::string version, bool over_stdio)
      : jobs_(jobs), executor_(executor), version_(std::move(version)), over_stdio_(over_stdio) {}

  struct Answer {
    // Null where nothing is answered (notifications), or where `run` will.
    nlohmann::json response{};
    std::unique_ptr<McpRun> run{};
    int http_status = 200;
    bool began_session = false;  // initialize
  };
  // Not for notifications.
  [[nodiscard]] Answer answer(const RpcCall& call, const McpCaller& caller);

  // The version that a call names in its _meta; nullopt: it is of the old era.
  [[nodiscard]] static std::optional<std::string> modern_version(const RpcCall& call);

 private:
  [[nodiscard]] Answer answer_modern(const RpcCall& call, const McpCaller& caller,
                                     const std::string& version);
  [[nodiscard]] Answer answer_legacy(const RpcCall& call, const McpCaller& caller);
  [[nodiscard]] Answer call_tool(const RpcCall& call, const McpCaller& caller, bool modern);
  [[nodiscard]] nlohmann::json info() const;

  Jobs& jobs_;
  const Executor& executor_;
  const std::string version_;
  const bool over_stdio_;
};

}  // namespace videogen::serve
