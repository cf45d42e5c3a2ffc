// The tools of MCP: what they are called with, what they give, and what they do.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "serve/executor.h"
#include "serve/jobs.h"

namespace videogen::serve {

struct McpCaller {
  std::string tenant;
  std::string root;            // of the service; empty over stdio, where links lead to files
  std::filesystem::path data;  // of the jobs, over stdio
  std::string traceparent;
};

// The descriptions, for tools/list. Skills that are not there are not offered.
[[nodiscard]] nlohmann::json mcp_tools(const Executor& executor, bool over_stdio);
[[nodiscard]] bool is_mcp_tool(std::string_view name);

// {"content", "structuredContent", "isError"?}
[[nodiscard]] nlohmann::json tool_failure(std::string_view message);
// The job, or of a validation its report.
[[nodiscard]] nlohmann::json job_result(const Job& job, const McpCaller& caller, bool whole);
[[nodiscard]] nlohmann::json validation_result(const Job& job, const McpCaller& caller, bool whole);

// A validation that is waited for.
struct McpValidation {
  Job job;
  std::unique_ptr<Subscription> events;
  bool whole = false;  // the report with all that is in it
};

// A result at once, or a validation. What is wrong with the arguments is a result, too: models
// read those.
[[nodiscard]] std::variant<nlohmann::json, McpValidation> call_mcp_tool(
    Jobs& jobs, std::string_view name, const nlohmann::json& arguments, const McpCaller& caller);

}  // namespace videogen::serve
