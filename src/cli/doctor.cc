#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/verb_internal.h"
#include "embed/capabilities.h"
#include "embed/choose.h"
#include "embed/gist.h"
#include "generate/deadline_internal.h"
#include "media/capabilities.h"
#include "net/address.h"
#include "net/google_credentials.h"
#include "net/hub.h"
#include "pool/gpu.h"

namespace videogen::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// One line of the findings.
struct Finding {
  std::string what;
  // works; missing: something is slower or cannot be done; broken: the main job cannot be done
  enum class State { works, missing, broken } state = State::works;
  std::string detail;
};

std::string_view word(Finding::State state) {
  switch (state) {
    case Finding::State::works:
      return "works";
    case Finding::State::missing:
      return "missing";
    case Finding::State::broken:
      break;
  }
  return "broken";
}

void look_at_media(std::vector<Finding>& findings) {
  using State = Finding::State;
  const media::Capabilities media = media::capabilities();
  std::string libraries;
  for (const media::LibraryVersion& library : media.libraries)
    libraries +=
        fmt::format("{}{} {}", libraries.empty() ? "" : ", ", library.name, library.version);
  findings.push_back({"FFmpeg", State::works, fmt::format("{} ({})", media.ffmpeg, libraries)});
  for (const media::CodecSupport& decoder : media.decoders) {
    const bool there = !decoder.implementation.empty();
    // Without H.264 hardly any clip can be judged.
    const State without = decoder.codec == "h264" ? State::broken : State::missing;
    findings.push_back({"decode " + decoder.codec, there ? State::works : without,
                        there ? decoder.implementation : "this FFmpeg has no decoder for it"});
  }
  const bool there = !media.encoder.implementation.empty();
  findings.push_back({"encode h264", there ? State::works : State::missing,
                      there ? media.encoder.implementation
                            : "this FFmpeg lacks libx264: `sample` cannot write clips"});
  findings.push_back({"ffmpeg program", State::works, "not needed: the libraries do the work"});
}

void look_at_cpu(std::vector<Finding>& findings) {
  using State = Finding::State;
  const embed::Capabilities cpu = embed::capabilities();
  std::string present, absent;
  for (const embed::CpuFeature& feature : cpu.features)
    (feature.present ? present : absent) += " " + feature.name;
  findings.push_back(
      {"CPU", State::works,
       fmt::format("{}, {} threads", cpu.cpu.empty() ? "unnamed" : cpu.cpu, cpu.threads)});
  findings.push_back({"CPU features", State::works,
                      fmt::format("has{}; lacks{}", present.empty() ? " none" : present,
                                  absent.empty() ? " none" : absent)});
  findings.push_back(
      {"oneDNN", State::works,
       fmt::format("{}, {}, uses {}", cpu.onednn, cpu.onednn_threading, cpu.onednn_isa)});
  const pool::Gpus gpus = pool::find_gpus();
  for (const pool::Gpu& gpu : gpus.devices)
    findings.push_back({"GPU", State::missing,
                        fmt::format("{}, {} MiB: there, but this version computes on the CPU",
                                    gpu.name, gpu.memory_bytes >> 20U)});
  if (gpus.devices.empty())
    findings.push_back({"GPU", State::missing,
                        fmt::format("{}; not needed: this version computes on the CPU",
                                    printable(gpus.absent, 200))});
}

void look_at_models(std::vector<Finding>& findings) {
  using State = Finding::State;
  findings.push_back({"embedder gist", State::works,
                      fmt::format("{}, built in", embed::make_gist()->identity().model)});
  const std::vector<embed::FoundModel> models = embed::find_models();
  for (const embed::FoundModel& model : models)
    findings.push_back(
        {"embedder clip", State::works,
         fmt::format("{} in {} ({}); `models verify` loads it", printable(model.name),
                     printable(model.folder.string()), model.origin)});
  const char* named = std::getenv("VIDEOGEN_MODEL");
  std::error_code error;
  if (named != nullptr && *named != '\0' && !fs::is_directory(named, error)) {
    findings.push_back(
        {"embedder clip", State::broken,
         fmt::format("VIDEOGEN_MODEL names {}, which is no folder", printable(named))});
  } else if (models.empty()) {
    findings.push_back({"embedder clip", State::missing,
                        "no model found (`models pull openai/clip-vit-base-patch32` fetches one); "
                        "`validate` takes gist"});
  }
}

// The nearest folder that exists, above or at `path`.
fs::path existing_part(fs::path path) {
  std::error_code error;
  while (!fs::exists(path, error) && path.has_parent_path() && path != path.parent_path())
    path = path.parent_path();
  return path;
}

Finding folder_finding(std::string what, const fs::path& folder, std::string_view without) {
  const fs::path there = existing_part(folder);
  if (::access(there.c_str(), W_OK | X_OK) == 0)
    return {std::move(what), Finding::State::works, printable(folder.string())};
  return {std::move(what), Finding::State::missing,
          fmt::format("cannot write to {}: {}", printable(there.string()), without)};
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void look_at_folders(std::vector<Finding>& findings) {
  std::string cache = variable("XDG_CACHE_HOME");
  if (cache.empty()) cache = variable("HOME") + "/.cache";
  findings.push_back(folder_finding("cache folder", fs::path(cache) / "videogen",
                                    "CLIP's weights are packed anew at every start"));
  std::string temporary = variable("TMPDIR");
  if (temporary.empty()) temporary = "/tmp";
  findings.push_back(
      folder_finding("temporary folder", temporary, "clips cannot be read from standard input"));
}

// Works if a token comes for it: a well-formed key may be revoked.
Finding google_finding(const std::stop_token& stop) {
  using State = Finding::State;
  constexpr std::chrono::seconds kPatience{5};
  const net::HttpClient client;
  auto found = net::GoogleCredentials::find(client, stop);
  if (!found) return {"Google", State::missing, found.error().message};
  const std::string account = found->account().value_or("");
  const std::string who =
      fmt::format("{}{}{} ({})", net::name(found->kind()), account.empty() ? "" : " ",
                  printable(account), found->origin());
  const generate::Deadline deadline(stop, kPatience);
  const auto token = found->token(net::kCloudPlatformScope, deadline.token());
  if (!token && deadline.passed())
    return {"Google", State::missing,
            fmt::format("{}, but no token came within {} s", who, kPatience.count())};
  if (!token)
    return {"Google", State::missing, fmt::format("{}, but {}", who, token.error().message)};
  const auto project = found->project();
  return {"Google", State::works,
          who + (project ? fmt::format(", project {}", printable(*project))
                         : "; no project: GOOGLE_CLOUD_PROJECT names one")};
}

void look_at_network(std::vector<Finding>& findings, const std::stop_token& stop) {
  using State = Finding::State;
  findings.push_back({"network", State::works, net::http_library()});
  findings.push_back(google_finding(stop));
  const std::string emulator = variable("STORAGE_EMULATOR_HOST");
  if (!emulator.empty())
    findings.push_back({"Cloud Storage", State::works,
                        fmt::format("STORAGE_EMULATOR_HOST: {}, without credentials",
                                    net::shown_address(emulator))});
  const Result<net::HubOptions> hub = net::HubOptions::from_environment();
  if (!hub) {
    findings.push_back({"Hugging Face", State::missing, hub.error().message});
  } else {
    findings.push_back({"Hugging Face", hub->offline ? State::missing : State::works,
                        hub->offline
                            ? "HF_HUB_OFFLINE is set: `models pull` fetches nothing"
                            : fmt::format("{}, {}", net::shown_address(hub->endpoint),
                                          hub->token.empty() ? "without a token: public models only"
                                                             : "with a token")});
  }
}

class Doctor final : public Verb {
 public:
  std::string name() const override { return "doctor"; }
  std::string summary() const override { return "What works on this machine, and why not"; }
  std::string arguments() const override { return ""; }
  void declare(CLI::App& command) override {
    command.add_flag("--json", json_, "One JSON document");
    command.footer(
        "Exit status 0, unless clips cannot be judged at all: 1.\n\nExample: videogen doctor");
  }
  Result<int> run(Context& context, const std::vector<std::string>& arguments) override {
    if (!arguments.empty()) return fail(ErrorCode::usage, "doctor takes no arguments");
    std::vector<Finding> findings;
    look_at_media(findings);
    look_at_cpu(findings);
    look_at_models(findings);
    look_at_folders(findings);
    look_at_network(findings, context.interruption.token());
    bool broken = false;
    for (const Finding& finding : findings) broken |= finding.state == Finding::State::broken;
    VIDEOGEN_TRY(context.console.write(json_ ? json(findings, broken) : text(findings, broken)));
    return broken ? 1 : 0;
  }

 private:
  static std::string json(const std::vector<Finding>& findings, bool broken) {
    Json list = Json::array();
    for (const Finding& finding : findings)
      list.push_back(
          {{"what", finding.what}, {"state", word(finding.state)}, {"detail", finding.detail}});
    const Json document{{"schema", "videogen.doctor/1"},
                        {"version", VIDEOGEN_VERSION},
                        {"can_validate", !broken},
                        {"findings", list}};
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  static std::string text(const std::vector<Finding>& findings, bool broken) {
    std::string lines = fmt::format("videogen {}\n", VIDEOGEN_VERSION);
    for (const Finding& finding : findings)
      lines += fmt::format("{:<8} {:<17} {}\n", word(finding.state), finding.what, finding.detail);
    lines += broken ? "clips cannot be judged on this machine\n"
                    : "clips can be judged on this machine\n";
    return lines;
  }

  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_doctor() { return std::make_unique<Doctor>(); }

}  // namespace videogen::cli
