// Frames of MCP, over any bytes: every call gets an answer of its own shape, and none begins a
// job that the executor refuses.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "serve/json_text_internal.h"
#include "serve/mcp_server_internal.h"

namespace {

using namespace videogen;         // NOLINT(google-build-using-namespace)
using namespace videogen::serve;  // NOLINT(google-build-using-namespace)
using nlohmann::json;

void require(bool condition) {
  if (!condition) std::abort();
}

class Refusing final : public Executor {
 public:
  std::optional<std::string> lacks(Skill skill) const override {
    return skill == Skill::enhance ? std::optional<std::string>("not here") : std::nullopt;
  }
  Result<std::string> check(Skill, std::string_view, bool) const override {
    return fail(ErrorCode::usage, "refused");
  }
  Ending run(const Job&, JobRun&) override { std::abort(); }
  bool resumable(const Job&, std::string_view) const override { return false; }
};

// Opened once, in a folder that goes with the process.
struct Service {
  Service() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mcp-fuzz-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    JobsOptions options;
    options.data = folder;
    jobs = *Jobs::open(options, executor);
    server = std::make_unique<McpServer>(*jobs, executor, "1", false);
  }
  ~Service() {
    jobs.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  std::filesystem::path folder;
  Refusing executor;
  std::unique_ptr<Jobs> jobs;
  std::unique_ptr<McpServer> server;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Service service;
  const std::string_view text(reinterpret_cast<const char*>(data), size);  // NOLINT
  const auto call = parse_rpc_call(text);
  if (!call || call->notification) return 0;
  const auto answer = service.server->answer(*call, {"t", "http://h", {}, ""});
  require(answer.run == nullptr);
  require(answer.response["id"] == call->id);
  require(answer.response.contains("result") != answer.response.contains("error"));
  require(parse_json(text_of(answer.response)).has_value());
  if (McpServer::modern_version(*call) && answer.response.contains("result"))
    require(answer.response["result"]["resultType"] == "complete");
  return 0;
}
