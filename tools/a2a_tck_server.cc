// The service as the conformance kit of A2A drives it: everything but the work is the real one.
// What a task does is scripted, and chosen by how the id of its message begins.
//
//   a2a_tck_server serve --listen 127.0.0.1:9999 --data DIR
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/listen.h"
#include "cli/signals.h"
#include "serve/service.h"

namespace {

using namespace videogen;         // NOLINT(google-build-using-namespace)
using namespace videogen::serve;  // NOLINT(google-build-using-namespace)
using nlohmann::json;

// The kit's TCK_STREAMING_TIMEOUT: the time that it waits for the next event of a stream.
double streaming_timeout_s() {
  const char* text = std::getenv("TCK_STREAMING_TIMEOUT");
  const double seconds = text == nullptr ? 0 : std::strtod(text, nullptr);
  return seconds > 0 && seconds < 60 ? seconds : 4;
}

// Ends early where the task is cancelled.
void wait(JobRun& run, double seconds) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, run.stop(), std::chrono::duration<double>(seconds), [] { return false; });
}

Ending ends(JobState state, std::string message = {}) {
  Ending ending;
  ending.state = state;
  ending.message = std::move(message);
  return ending;
}

Ending with_part(JobRun& run, const json& part) {
  run.artifact({"output", "output", "", json::array({part}).dump()});
  return ends(JobState::completed);
}

json file_part() {
  return {{"raw", "dGNr"}, {"filename", "output.txt"}, {"mediaType", "text/plain"}};
}

Ending chunked(JobRun& run) {
  run.artifact({"output", "output", "", R"([{"text": "chunk-1 "}])"}, false, false);
  run.artifact({"output", "output", "", R"([{"text": "chunk-2"}])"}, true, true);
  return ends(JobState::completed);
}

// Tasks that no scenario of 1.0 names: those of the kit's branch 0.3 want to be met while they
// work, and to go on afterwards.
Ending works_and_asks(JobRun& run) {
  wait(run, 3);
  return ends(JobState::input_required, "What else?");
}

struct Scenario {
  std::string_view prefix;
  std::function<Ending(JobRun&)> run;
};

// The first that fits; longer prefixes stand before shorter ones.
const std::vector<Scenario>& scenarios() {
  const auto part = [](json what) { return [what](JobRun& run) { return with_part(run, what); }; };
  static const std::vector<Scenario> all{
      {"tck-complete-task", [](JobRun&) { return ends(JobState::completed, "Hello from TCK"); }},
      {"tck-delayed-complete",
       [](JobRun& run) {
         wait(run, streaming_timeout_s());
         return ends(JobState::completed, "Done after delay");
       }},
      {"tck-artifact-text", part({{"text", "Generated text content"}})},
      {"tck-artifact-file-url", part({{"url", "https://example.com/output.txt"},
                                      {"filename", "output.txt"},
                                      {"mediaType", "text/plain"}})},
      {"tck-artifact-file", part(file_part())},
      {"tck-artifact-data", part({{"data", {{"key", "value"}, {"count", 42}}}})},
      {"tck-input-required",
       [](JobRun&) { return ends(JobState::input_required, "Input required"); }},
      {"tck-reject-task", [](JobRun&) { return ends(JobState::rejected, "rejected"); }},
      {"tck-stream-001", part({{"text", "Stream hello from TCK"}})},
      {"tck-stream-002", [](JobRun&) { return ends(JobState::completed); }},
      {"tck-stream-003", part({{"text", "Stream task lifecycle"}})},
      {"tck-stream-ordering-001", part({{"text", "Ordered output"}})},
      {"tck-stream-artifact-text", part({{"text", "Streamed text content"}})},
      {"tck-stream-artifact-file", part(file_part())},
      {"tck-stream-artifact-chunked", chunked},
      {"test-resubscribe-message-id",
       [](JobRun& run) {
         wait(run, 2 * streaming_timeout_s());
         return ends(JobState::completed);
       }},
      {"", works_and_asks},
  };
  return all;
}

std::string message_id(const std::vector<std::string>& messages) {
  const json last = messages.empty() ? json() : json::parse(messages.back(), nullptr, false);
  return last.is_object() ? last.value("messageId", "") : "";
}

class Scripted final : public Executor {
 public:
  std::optional<std::string> lacks(Skill) const override { return std::nullopt; }
  Result<std::string> check(Skill, std::string_view request, bool) const override {
    return std::string(request);
  }
  Ending run(const Job& job, JobRun& run) override {
    const std::string id = message_id(job.messages);
    for (const Scenario& scenario : scenarios()) {
      if (!id.starts_with(scenario.prefix)) continue;
      Ending ending = scenario.run(run);
      return run.stop().stop_requested() ? ends(JobState::cancelled) : ending;
    }
    return ends(JobState::completed);
  }
  bool resumable(const Job&, std::string_view) const override { return true; }
};

Result<Understood> understand_script(const std::vector<std::string>& messages, bool) {
  Understood understood;
  if (message_id(messages).starts_with("tck-message-response"))
    understood.reply = "Direct message response";
  return understood;
}

Status serve_kit(const std::string& listen, const std::string& data) {
  VIDEOGEN_TRY(const cli::Endpoint endpoint, cli::parse_listen(listen));
  cli::Interruption interruption;
  ServiceOptions options;
  options.address = endpoint.address;
  options.port = endpoint.port;
  options.data = data;
  options.version = VIDEOGEN_VERSION;
  options.drain = std::chrono::milliseconds(0);
  options.a2a.pure_card = options.a2a.plain_json = true;
  options.a2a.replays = false;
  options.a2a.understand = understand_script;
  // The kit's webhook listens on this machine.
  for (const char* range : {"127.0.0.0/8", "::1/128"}) {
    VIDEOGEN_TRY(const net::IpRange parsed, net::parse_ip_range(range));
    options.a2a.webhooks.push_back(parsed);
  }
  JobsOptions jobs_options;
  jobs_options.data = data;
  jobs_options.workers = 16;
  Scripted scripted;
  const Tokens tokens;
  Metrics metrics;
  net::Telemetry telemetry({});
  VIDEOGEN_TRY(const std::unique_ptr<Jobs> jobs, Jobs::open(jobs_options, scripted));
  const ServiceParts parts{*jobs, scripted, tokens, metrics, telemetry, options};
  VIDEOGEN_TRY(Service service, Service::open(parts, {}));
  std::puts(fmt::format("a2a_tck_server serves at {}", service.url()).c_str());
  std::fflush(stdout);
  service.run(interruption.token());
  return {};
}

int run(const std::vector<std::string>& words) {
  std::string listen = "127.0.0.1:9999", data;
  bool fits = !words.empty() && words.front() == "serve" && words.size() % 2 == 1;
  for (std::size_t i = 1; fits && i + 1 < words.size(); i += 2) {
    if (words[i] == "--listen")
      listen = words[i + 1];
    else if (words[i] == "--data")
      data = words[i + 1];
    else
      fits = false;
  }
  if (!fits || data.empty()) {
    std::fputs("usage: a2a_tck_server serve --listen ADDRESS:PORT --data DIR\n", stderr);
    return exit_status(ErrorCode::usage);
  }
  const Status done = serve_kit(listen, data);
  if (done) return 0;
  std::fprintf(stderr, "a2a_tck_server: %s\n", done.error().message.c_str());
  return exit_status(done.error().code);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "a2a_tck_server: internal error: %s\n", error.what());
    return exit_status(ErrorCode::internal);
  }
}
