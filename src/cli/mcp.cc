#include <filesystem>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "cli/embedder_flags_internal.h"
#include "cli/generation_flags_internal.h"
#include "cli/verb_internal.h"
#include "generate/journal.h"
#include "serve/jobs.h"
#include "serve/mcp.h"
#include "serve/work.h"

namespace videogen::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kMostFolders = 16;  // of hosts that each run a server of their own

class Mcp final : public Verb {
 public:
  std::string name() const override { return "mcp"; }
  std::string summary() const override { return "Offer tools to an assistant, by MCP over stdio"; }
  std::string arguments() const override { return ""; }
  void declare(CLI::App& command) override;
  Result<int> run(Context& context, const std::vector<std::string>& arguments) override;

 private:
  Result<serve::WorkOptions> work_options() const;
  Result<std::unique_ptr<serve::Jobs>> open_jobs(Context& context, serve::WorkOptions& work,
                                                 std::unique_ptr<serve::Executor>& executor,
                                                 serve::Metrics& metrics,
                                                 net::Telemetry& telemetry) const;

  std::string data_, files_, config_;
  std::vector<std::string> allowed_;
  GenerationFlags generation_;
  EmbedderFlags embedder_;
};

void Mcp::declare(CLI::App& command) {
  command
      .add_option("--data", data_,
                  "Jobs and their files; by default the folder mcp in VIDEOGEN_DATA, or in\n"
                  "~/.local/share/videogen, or mcp-2, … while another process uses that")
      ->type_name("DIR");
  command
      .add_option("--files", files_,
                  "Local paths in calls may point into this folder; your home if left out")
      ->type_name("DIR");
  command
      .add_option("--allow-net", allowed_,
                  "Addresses in calls may lead to this range, too, beside public machines;\n"
                  "may be given several times")
      ->type_name("CIDR")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  generation_.declare(command);
  embedder_.declare(command);
  command.add_option("--config", config_, "TOML file with a table [mcp] of these flags")
      ->type_name("FILE")
      ->envname("VIDEOGEN_CONFIG");
  command.footer(
      "Tools: validate_video, submit_video_job, get_video_job, cancel_video_job. Needs no running\n"
      "service: it does the work itself, in a data folder of its own. Standard output carries\n"
      "messages and nothing else; it ends with standard input.\n\n"
      "Example: claude mcp add videogen -- videogen mcp --files ~/Videos");
}

Result<serve::WorkOptions> Mcp::work_options() const {
  serve::WorkOptions options;
  const char* home = std::getenv("HOME");
  const fs::path files = !files_.empty()   ? fs::path(files_)
                         : home != nullptr ? fs::path(home)
                                           : fs::path();
  if (!files.empty()) {
    std::error_code failed;
    options.files = fs::canonical(files, failed);
    if (failed || !fs::is_directory(options.files, failed))
      return fail(ErrorCode::not_found,
                  fmt::format("--files {}: no such folder", printable(files.string())));
  }
  for (const std::string& range : allowed_) {
    const auto parsed = net::parse_ip_range(range);
    if (!parsed) return fail(ErrorCode::usage, "--allow-net: " + parsed.error().message);
    options.allowed.push_back(*parsed);
  }
  options.version = VIDEOGEN_VERSION;
  options.pages_at_once = true;
  VIDEOGEN_TRY(options.generation, generation_.service(config_));
  return options;
}

// In the folder that was asked for, or in the first of this user's that no other process uses.
Result<std::unique_ptr<serve::Jobs>> Mcp::open_jobs(Context& context, serve::WorkOptions& work,
                                                    std::unique_ptr<serve::Executor>& executor,
                                                    serve::Metrics& metrics,
                                                    net::Telemetry& telemetry) const {
  const auto own = generate::Journal::data_folder();
  if (data_.empty() && !own)
    return fail(ErrorCode::usage, "mcp needs a folder for its jobs: --data DIR");
  for (int i = 1;; ++i) {
    work.data = !data_.empty() ? fs::path(data_)
                : i == 1       ? *own / "mcp"
                               : *own / fmt::format("mcp-{}", i);
    executor = serve::make_work(work, metrics, telemetry);
    serve::JobsOptions options;
    options.data = work.data;
    options.says = [&](std::string_view line) { context.console.error_line(line); };
    auto jobs = serve::Jobs::open(options, *executor);
    const bool taken = !jobs && jobs.error().code == ErrorCode::unreachable;
    if (!taken || !data_.empty() || i == kMostFolders) return jobs;
  }
}

Result<int> Mcp::run(Context& context, const std::vector<std::string>& arguments) {
  if (!arguments.empty())
    return fail(ErrorCode::usage, fmt::format("mcp takes no arguments, only flags, not {}",
                                              printable(arguments.front(), 60)));
  VIDEOGEN_TRY(serve::WorkOptions work, work_options());
  net::TelemetryOptions telemetry_options = net::telemetry_from_environment();
  for (const std::string& warning : telemetry_options.warnings) context.console.error_line(warning);
  net::Telemetry telemetry(std::move(telemetry_options));
  serve::Metrics metrics;
  VIDEOGEN_TRY(embed::Chosen model, embedder_.choose(context));
  serve::ResidentOptions sharing;
  sharing.cache_file_bytes = 0;  // which folder it is, is not known yet
  VIDEOGEN_TRY(const serve::Resident resident, serve::Resident::open(std::move(model), sharing));
  work.resident = &resident;
  std::unique_ptr<serve::Executor> executor;
  VIDEOGEN_TRY(const std::unique_ptr<serve::Jobs> jobs,
               open_jobs(context, work, executor, metrics, telemetry));
  for (const std::string& note : jobs->notes()) context.console.error_line(note);
  // For whoever looks at the host's log of this process.
  context.console.error_line(
      fmt::format("mcp: speaks over standard input and output, without a service; jobs are kept "
                  "in {}",
                  printable(work.data.string())));
  serve::McpStdioOptions options;
  options.version = VIDEOGEN_VERSION;
  options.data = work.data;
  VIDEOGEN_TRY(serve::serve_mcp_stdio(*jobs, *executor, options, context.interruption.token()));
  jobs->shut_down(std::chrono::milliseconds(0));
  return 0;
}

}  // namespace

std::unique_ptr<Verb> make_mcp() { return std::make_unique<Mcp>(); }

}  // namespace videogen::cli
