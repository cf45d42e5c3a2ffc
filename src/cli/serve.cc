#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "cli/embedder_flags_internal.h"
#include "cli/generation_flags_internal.h"
#include "cli/listen.h"
#include "cli/numbers.h"
#include "cli/sharing_flags_internal.h"
#include "cli/verb_internal.h"
#include "generate/journal.h"
#include "net/address.h"
#include "serve/service.h"
#include "serve/work.h"

namespace videogen::cli {
namespace {

// The log: whole lines on standard error, whoever writes them.
class Log {
 public:
  void operator()(std::string_view line) {
    const std::lock_guard lock(mutex_);
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  }

 private:
  std::mutex mutex_;
};

// What happens to jobs, for the log and the counters.
void tell(const serve::Job& job, const serve::JobEvent& event, serve::Metrics& metrics, Log& log) {
  using serve::JobState;
  if (event.type != serve::JobEvent::Type::state) return;
  const bool said = event.state == JobState::running && !event.message.empty();
  const std::string kind =
      said ? std::string("job_says") : fmt::format("job_{}", serve::name(event.state));
  const bool failed = event.state == JobState::failed;
  log(serve::log_line(failed ? "warning" : "info", kind,
                      {{"job", job.id},
                       {"tenant", job.tenant},
                       {"skill", serve::name(job.skill)},
                       {"message", event.message},
                       {"traceparent", job.traceparent}}));
  if (!is_end(event.state)) return;
  const std::int64_t took_ms = job.started_ms == 0 ? 0 : job.ended_ms - job.started_ms;
  metrics.job(job.skill, event.state, std::chrono::milliseconds(took_ms));
}

// A connection takes a descriptor, and shells give few.
void allow_many_connections() {
  constexpr rlim_t kEnough = 16384;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kEnough) return;
  limit.rlim_cur = std::min(kEnough, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

class Serve final : public Verb {
 public:
  std::string name() const override { return "serve"; }
  std::string summary() const override { return "Validate and generate for other programs"; }
  std::string arguments() const override { return ""; }
  void declare(CLI::App& command) override;
  Result<int> run(Context& context, const std::vector<std::string>& arguments) override;

 private:
  void declare_limits(CLI::App& command);
  void reload(serve::Tokens& tokens, serve::Service& service, Log& log) const;
  Result<serve::JobsOptions> jobs_options() const;
  Result<serve::ServiceOptions> service_options() const;
  Result<serve::WorkOptions> work_options() const;
  Result<std::filesystem::path> data_folder() const;
  Result<std::vector<net::IpRange>> allowed_ranges() const;

  std::string listen_ = "127.0.0.1:8080", data_, files_, token_file_, root_url_;
  std::vector<std::string> allowed_;
  std::string max_upload_ = "1073741824", max_download_ = "1073741824", queue_ = "256";
  std::string queue_per_tenant_, workers_ = "2", generate_workers_ = "8";
  std::string retention_ = "168", quota_ = "21474836480", drain_ = "10", job_deadline_ = "3600";
  std::string download_deadline_ = "600", tls_certificate_, tls_key_, config_;
  EmbedderFlags embedder_;
  GenerationFlags generation_;
  SharingFlags sharing_;
};

// Tokens and certificate again; what is wrong leaves the ones before in force.
void Serve::reload(serve::Tokens& tokens, serve::Service& service, Log& log) const {
  const auto say = [&log](bool good, std::string_view what) {
    log(serve::log_line(good ? "info" : "error", good ? "reloaded" : "reload_failed",
                        {{"message", what}}));
  };
  if (!token_file_.empty()) {
    const auto count = tokens.reload(token_file_);
    say(count.has_value(),
        count ? fmt::format("{} tokens of {} are in force", *count, printable(token_file_))
              : count.error().message + ": the tokens before stay");
  }
  if (!tls_certificate_.empty()) {
    const Status done = service.reload_tls();
    say(done.has_value(), done ? fmt::format("the certificate {} is in force for new connections",
                                             printable(tls_certificate_))
                               : done.error().message + ": the certificate before stays");
  }
}

void Serve::declare(CLI::App& command) {
  command.add_option("--listen", listen_, "Where to listen; port 0: a free one is chosen")
      ->type_name("ADDRESS:PORT")
      ->envname("VIDEOGEN_LISTEN")
      ->capture_default_str();
  command
      .add_option("--data", data_,
                  "Jobs and their files; by default the folder serve in VIDEOGEN_DATA, or in\n"
                  "~/.local/share/videogen")
      ->type_name("DIR");
  command
      .add_option("--token-file", token_file_,
                  "Who may call: TOKEN or NAME TOKEN a line. Without it only loopback is\n"
                  "listened on, and everybody there may")
      ->type_name("FILE")
      ->envname("VIDEOGEN_TOKEN_FILE");
  command
      .add_option("--files", files_,
                  "Local paths in requests may point into this folder; none may without it")
      ->type_name("DIR");
  command
      .add_option("--allow-net", allowed_,
                  "Addresses in requests may lead to this range, too, beside public machines;\n"
                  "may be given several times")
      ->type_name("CIDR")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      .add_option("--root-url", root_url_,
                  "How callers reach this service, as https://clips.example, where a proxy\n"
                  "stands before it")
      ->type_name("URL")
      ->envname("VIDEOGEN_ROOT_URL");
  command.add_option("--tls-cert", tls_certificate_, "Speak TLS: the certificate chain, PEM")
      ->type_name("FILE");
  command.add_option("--tls-key", tls_key_, "Its key, PEM")->type_name("FILE");
  declare_limits(command);
  sharing_.declare(command);
  embedder_.declare(command);
  generation_.declare(command);
  command.add_option("--config", config_, "TOML file with a table [serve] of these flags")
      ->type_name("FILE")
      ->envname("VIDEOGEN_CONFIG");
  command.footer(
      "Prints its address, and serves until Ctrl-C or SIGTERM: then running jobs may end within\n"
      "--drain, and what waits is done after the next start. A second signal ends it at once.\n"
      "The log is JSON lines on standard error.\n\n"
      "Example: videogen serve --listen 127.0.0.1:8080 --data /var/lib/videogen &\n"
      "         curl -F file=@clip.mp4 http://127.0.0.1:8080/v1/validations");
}

void Serve::declare_limits(CLI::App& command) {
  const auto number = [&command](const char* flag, std::string& value, const char* help,
                                 const char* unit) {
    command.add_option(flag, value, help)->type_name(unit)->capture_default_str();
  };
  number("--max-upload", max_upload_, "Bytes that a file in a request may have", "BYTES");
  number("--max-download", max_download_, "Bytes that a clip at an address may have", "BYTES");
  number("--download-deadline", download_deadline_, "Fetching one clip may take so long",
         "SECONDS");
  number("--queue", queue_, "Jobs that may wait, in all; more are told to come again", "N");
  command
      .add_option("--queue-per-tenant", queue_per_tenant_,
                  "Of them by one tenant; half of --queue if left out")
      ->type_name("N");
  number("--workers", workers_, "Validations at once", "N");
  number("--generate-workers", generate_workers_, "Generations at once", "N");
  number("--job-deadline", job_deadline_, "A job may run so long", "SECONDS");
  number("--retention", retention_, "Ended jobs and their files are kept so long", "HOURS");
  number("--quota", quota_, "Bytes of files that are kept; the oldest ended jobs go first",
         "BYTES");
  number("--drain", drain_, "At the end running jobs may take so long", "SECONDS");
}

Result<std::int64_t> whole(std::string_view flag, const std::string& text, std::int64_t low,
                           std::int64_t high) {
  const auto count = parse_count(flag, text);
  if (count && *count >= static_cast<std::uint64_t>(low) &&
      *count <= static_cast<std::uint64_t>(high))
    return static_cast<std::int64_t>(*count);
  return fail(ErrorCode::usage, fmt::format("{} {}: must be a whole number from {} to {}", flag,
                                            printable(text, 60), low, high));
}

Result<std::chrono::milliseconds> duration(std::string_view flag, const std::string& text,
                                           double most_s) {
  VIDEOGEN_TRY(const double seconds, parse_number(flag, text, 0, most_s));
  return std::chrono::milliseconds(std::llround(1000 * seconds));
}

constexpr std::int64_t kMostBytes = std::int64_t{1} << 46;
constexpr double kWeek_s = 7 * 86'400;

Result<std::filesystem::path> Serve::data_folder() const {
  if (!data_.empty()) return std::filesystem::path(data_);
  const auto folder = generate::Journal::data_folder();
  if (!folder) return fail(ErrorCode::usage, "serve needs a folder for its jobs: --data DIR");
  return *folder / "serve";
}

Result<serve::JobsOptions> Serve::jobs_options() const {
  constexpr std::int64_t kMostJobs = 1'000'000, kMostWorkers = 256;
  serve::JobsOptions options;
  VIDEOGEN_TRY(options.data, data_folder());
  VIDEOGEN_TRY(const auto queue, whole("--queue", queue_, 1, kMostJobs));
  options.max_queued = static_cast<int>(queue);
  options.max_queued_per_tenant = static_cast<int>(token_file_.empty() ? queue : (queue + 1) / 2);
  if (!queue_per_tenant_.empty()) {
    VIDEOGEN_TRY(const auto own, whole("--queue-per-tenant", queue_per_tenant_, 1, kMostJobs));
    options.max_queued_per_tenant = static_cast<int>(own);
  }
  VIDEOGEN_TRY(const auto workers, whole("--workers", workers_, 1, kMostWorkers));
  VIDEOGEN_TRY(const auto waiting, whole("--generate-workers", generate_workers_, 1, kMostWorkers));
  options.workers = static_cast<int>(workers);
  options.generate_workers = static_cast<int>(waiting);
  VIDEOGEN_TRY(const double hours, parse_number("--retention", retention_, 0, 24 * 3650));
  options.retention = std::chrono::seconds(std::llround(3600 * hours));
  VIDEOGEN_TRY(const auto quota, whole("--quota", quota_, 1, kMostBytes));
  options.quota_bytes = static_cast<std::uint64_t>(quota);
  VIDEOGEN_TRY(const auto longest, duration("--job-deadline", job_deadline_, kWeek_s));
  options.longest_run = std::chrono::ceil<std::chrono::seconds>(longest);
  return options;
}

Result<serve::ServiceOptions> Serve::service_options() const {
  serve::ServiceOptions options;
  VIDEOGEN_TRY(const Endpoint endpoint, parse_listen(listen_));
  options.address = endpoint.address;
  options.port = endpoint.port;
  VIDEOGEN_TRY(const auto upload, whole("--max-upload", max_upload_, 1, kMostBytes));
  options.max_upload = static_cast<std::uint64_t>(upload);
  if (!root_url_.empty()) {
    const auto address = net::parse_address(root_url_);
    if (!address) return fail(ErrorCode::usage, "--root-url: " + address.error().message);
    if (address->path.size() > 1 || !address->query.empty() || address->has_userinfo)
      return fail(ErrorCode::usage, fmt::format("--root-url {}: expected scheme and host alone, as "
                                                "https://clips.example",
                                                printable(root_url_, 100)));
    options.root_url = net::origin(*address);
  }
  VIDEOGEN_TRY(options.drain, duration("--drain", drain_, 86'400));
  VIDEOGEN_TRY(options.data, data_folder());
  options.version = VIDEOGEN_VERSION;
  options.tls_certificate = tls_certificate_;
  options.tls_key = tls_key_;
  VIDEOGEN_TRY(options.a2a.webhooks, allowed_ranges());
  return options;
}

Result<std::vector<net::IpRange>> Serve::allowed_ranges() const {
  std::vector<net::IpRange> ranges;
  for (const std::string& range : allowed_) {
    const auto parsed = net::parse_ip_range(range);
    if (!parsed) return fail(ErrorCode::usage, "--allow-net: " + parsed.error().message);
    ranges.push_back(*parsed);
  }
  return ranges;
}

Result<serve::WorkOptions> Serve::work_options() const {
  serve::WorkOptions options;
  VIDEOGEN_TRY(options.data, data_folder());
  if (!files_.empty()) {
    std::error_code failed;
    options.files = std::filesystem::canonical(files_, failed);
    if (failed || !std::filesystem::is_directory(options.files, failed))
      return fail(ErrorCode::not_found,
                  fmt::format("--files {}: no such folder", printable(files_)));
  }
  VIDEOGEN_TRY(options.allowed, allowed_ranges());
  VIDEOGEN_TRY(const auto most, whole("--max-download", max_download_, 1, kMostBytes));
  options.most_download = static_cast<std::uint64_t>(most);
  VIDEOGEN_TRY(options.download_deadline,
               duration("--download-deadline", download_deadline_, 86'400));
  options.version = VIDEOGEN_VERSION;
  VIDEOGEN_TRY(options.generation, generation_.service(config_));
  return options;
}

Result<int> Serve::run(Context& context, const std::vector<std::string>& arguments) {
  if (!arguments.empty())
    return fail(ErrorCode::usage, fmt::format("serve takes no arguments, only flags, not {}",
                                              printable(arguments.front(), 60)));
  VIDEOGEN_TRY(const serve::ServiceOptions options, service_options());
  VIDEOGEN_TRY(serve::JobsOptions jobs_options, this->jobs_options());
  VIDEOGEN_TRY(serve::WorkOptions work_options, this->work_options());
  serve::Tokens tokens;
  if (!token_file_.empty()) {
    VIDEOGEN_TRY(tokens, serve::Tokens::load(token_file_));
  }
  net::TelemetryOptions telemetry_options = net::telemetry_from_environment();
  for (const std::string& warning : telemetry_options.warnings) context.console.error_line(warning);
  net::Telemetry telemetry(std::move(telemetry_options));
  allow_many_connections();
  Log log;
  serve::Metrics metrics;
  VIDEOGEN_TRY(const serve::ResidentOptions sharing, sharing_.options(work_options.data));
  VIDEOGEN_TRY(embed::Chosen model, embedder_.choose(context));
  std::error_code failed;
  std::filesystem::create_directories(options.data, failed);
  if (failed) return tl::unexpected(file_error("create", options.data, failed.value()));
  VIDEOGEN_TRY(const serve::Resident resident, serve::Resident::open(std::move(model), sharing));
  work_options.resident = &resident;
  resident.show(metrics);
  for (const std::string& note : resident.embedder().notes)
    log(serve::log_line("info", "embedder", {{"message", note}}));
  jobs_options.says = [&log](std::string_view line) {
    log(serve::log_line("warning", "database", {{"message", line}}));
  };
  const auto work = serve::make_work(std::move(work_options), metrics, telemetry);
  VIDEOGEN_TRY(const std::unique_ptr<serve::Jobs> jobs, serve::Jobs::open(jobs_options, *work));
  for (const std::string& note : jobs->notes())
    log(serve::log_line("warning", "database", {{"message", note}}));
  jobs->on_event(
      [&](const serve::Job& job, const serve::JobEvent& event) { tell(job, event, metrics, log); });
  const serve::ServiceParts parts{*jobs, *work, tokens, metrics, telemetry, options};
  VIDEOGEN_TRY(serve::Service service,
               serve::Service::open(parts, [&log](std::string_view line) { log(line); }));
  VIDEOGEN_TRY(context.console.write(fmt::format("videogen serves at {}\n", service.url())));
  if (!token_file_.empty() || !tls_certificate_.empty())
    context.interruption.on_hangup([&] { reload(tokens, service, log); });
  service.run(context.interruption.token());
  context.interruption.on_hangup({});
  return 0;
}

}  // namespace

std::unique_ptr<Verb> make_serve() { return std::make_unique<Serve>(); }

}  // namespace videogen::cli
