// MCP, the protocol by which assistants call tools: validate_video, submit_video_job,
// get_video_job, cancel_video_job. Both eras are spoken, whatever a client opens with: 2025-11-25
// and before (initialize), and 2026-07-28 (stateless).
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "serve/executor.h"
#include "serve/jobs.h"

namespace videogen::serve {

class Routes;
struct ServiceParts;

// POST /mcp, streamable HTTP.
void add_mcp_routes(Routes& routes, const ServiceParts& parts);

struct McpStdioOptions {
  int in = 0, out = 1;           // descriptors; they stay the caller's
  std::string version{};         // of the program
  std::filesystem::path data{};  // of the jobs, for links to files
};

// One message a line, until the end of `in`, until nobody reads `out`, or until a stop is
// requested. What is being answered at the end of `in` gets a moment to be done; a validation
// that is not is cancelled, jobs that were submitted stay. Errors: unreachable (`in`), unwritable
// (`out`).
[[nodiscard]] Status serve_mcp_stdio(Jobs& jobs, const Executor& executor,
                                     const McpStdioOptions& options, const std::stop_token& stop);

}  // namespace videogen::serve
