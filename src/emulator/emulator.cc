#include "emulator/emulator.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>

#include <fmt/format.h>

#include "base/file.h"
#include "emulator/request_log.h"
#include "emulator/services_internal.h"
#include "emulator/tiny_clip.h"
#include "net/http_server.h"

namespace videogen::emulator {
namespace {

namespace fs = std::filesystem;
using net::ServerRequest;
using net::ServerResponse;
using nlohmann::json;

// The folder of the state, locked against a second emulator; a temporary one goes again.
class DataFolder {
 public:
  static Result<DataFolder> open(const fs::path& asked);
  DataFolder(DataFolder&& other) noexcept
      : path_(std::move(other.path_)),
        lock_(std::exchange(other.lock_, -1)),
        temporary_(std::exchange(other.temporary_, false)) {}
  DataFolder& operator=(DataFolder&&) = delete;
  ~DataFolder() {
    if (lock_ >= 0) ::close(lock_);
    std::error_code ignored;
    if (temporary_) fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  DataFolder(fs::path path, int lock, bool temporary)
      : path_(std::move(path)), lock_(lock), temporary_(temporary) {}
  fs::path path_;
  int lock_;
  bool temporary_;
};

Result<DataFolder> DataFolder::open(const fs::path& asked) {
  fs::path folder = asked;
  std::error_code failed;
  if (asked.empty()) {
    std::string pattern = (fs::temp_directory_path(failed) / "videogen-emulator-XXXXXX").string();
    if (failed || ::mkdtemp(pattern.data()) == nullptr)
      return tl::unexpected(file_error("create", pattern, errno));
    folder = pattern;
  } else {
    fs::create_directories(asked, failed);
    if (failed) return tl::unexpected(file_error("create", asked, failed.value()));
    folder = fs::absolute(asked);
  }
  const fs::path lock_path = folder / "lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return tl::unexpected(file_error("create", lock_path, errno));
  DataFolder data(folder, lock, asked.empty());
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0)
    return fail(ErrorCode::usage,
                fmt::format("another emulator uses {}; give --data another folder",
                            printable(asked.string())));
  return data;
}

}  // namespace

struct Emulator::State {
  State(DataFolder folder, net::HttpServer listening, Keys opened, const Options& options)
      : data(std::move(folder)),
        server(std::move(listening)),
        keys(std::move(opened)),
        plan(options.faults),
        routes(plan, options.slow_poll) {}

  Status mount(const Options& options);
  ServerResponse answer(const ServerRequest& request);
  ServerResponse replace_faults(const ServerRequest& request);
  Result<std::string> deliver(const JobRequest& job, const fs::path& clip, std::size_t index);

  DataFolder data;
  net::HttpServer server;
  Keys keys;
  Account account;
  FaultPlan plan;
  Routes routes;
  RequestLog log;
  std::unique_ptr<ObjectStore> objects;
  std::unique_ptr<ClipJobs> jobs;  // last: its thread ends first
};

Emulator::Emulator(std::unique_ptr<State> state) : state_(std::move(state)) {}
Emulator::Emulator(Emulator&&) noexcept = default;
Emulator& Emulator::operator=(Emulator&&) noexcept = default;
Emulator::~Emulator() = default;

Result<Emulator> Emulator::open(const Options& options) {
  VIDEOGEN_TRY(DataFolder data, DataFolder::open(options.data));
  net::ServerOptions server_options;
  server_options.address = options.address;
  server_options.port = options.port;
  server_options.max_body_bytes = std::uint64_t{4} << 30;
  VIDEOGEN_TRY(net::HttpServer server, net::HttpServer::listen(server_options));
  VIDEOGEN_TRY(Keys keys, Keys::open(data.path()));
  auto state =
      std::make_unique<State>(std::move(data), std::move(server), std::move(keys), options);
  VIDEOGEN_TRY(state->mount(options));
  return Emulator(std::move(state));
}

Status Emulator::State::mount(const Options& options) {
  account.project = options.project;
  account.email = fmt::format("videogen@{}.iam.gserviceaccount.com", options.project);
  account.url = "http://" + server.authority();
  account.token_lifetime = options.token_lifetime;
  VIDEOGEN_TRY(objects, ObjectStore::open(data.path() / "objects"));
  const auto to_bucket = [this](const JobRequest& job, const fs::path& clip, std::size_t index) {
    return deliver(job, clip, index);
  };
  VIDEOGEN_TRY(jobs, ClipJobs::open(data.path(), options.jobs, to_bucket));
  VIDEOGEN_TRY(write_credentials(data.path(), account, keys));
  fs::path model = options.model;
  if (model.empty()) {
    model = data.path() / "tiny-clip";
    VIDEOGEN_TRY(write_tiny_clip(model));
  }
  mount_veo(routes, account, keys, *jobs, *objects, data.path());
  mount_videos(routes, *jobs);
  mount_storage(routes, account, keys, *objects);
  mount_uploads(routes, account, keys, *objects, data.path() / "uploads");
  mount_tokens(routes, account, keys);
  return mount_hub(routes, account, model);
}

Result<std::string> Emulator::State::deliver(const JobRequest& job, const fs::path& clip,
                                             std::size_t index) {
  ObjectDraft draft;
  draft.bucket = job.bucket;
  draft.name = fmt::format("{}sample_{}.mp4", job.prefix, index);
  draft.content_type = "video/mp4";
  VIDEOGEN_TRY(const std::string bytes, read_file(clip, std::size_t{1} << 32));
  VIDEOGEN_TRY(objects->put(draft, bytes));
  return draft.name;
}

// {"faults": ["503@2", …]} in place of those that were given before.
ServerResponse Emulator::State::replace_faults(const ServerRequest& request) {
  const auto document = json_body(request);
  if (!document) return error_answer(Style::google, 400, document.error().message);
  std::vector<FaultRule> rules;
  for (const json& text : document->value("faults", json::array())) {
    const auto rule = parse_fault(text.is_string() ? text.get<std::string>() : text.dump());
    if (!rule) return error_answer(Style::google, 400, rule.error().message);
    rules.push_back(*rule);
  }
  plan.replace(std::move(rules));
  return json_answer(json::object());
}

ServerResponse Emulator::State::answer(const ServerRequest& request) {
  if (request.path == "/_emulator/log" && request.method == "GET") {
    ServerResponse response;
    response.headers.add("Content-Type", "application/json; charset=UTF-8");
    response.body = log.json();
    return response;
  }
  if (request.path == "/_emulator/faults" && request.method == "POST")
    return replace_faults(request);
  ServerResponse response = routes.answer(request);
  LoggedRequest logged{request.method, request.path, response.status, "", ""};
  Sha256 sha;
  sha.update(request.body.bytes());
  logged.body_sha256 = sha.hex();
  if (const auto faults = response.headers.find(kFaultHeader)) logged.faults = *faults;
  log.add(std::move(logged));
  return response;
}

std::string Emulator::url() const { return state_->account.url; }

std::vector<std::pair<std::string, std::string>> Emulator::environment() const {
  const Account& account = state_->account;
  return {
      {"GOOGLE_VERTEX_BASE_URL", account.url},
      {"STORAGE_EMULATOR_HOST", account.url},
      {"GOOGLE_APPLICATION_CREDENTIALS", (state_->data.path() / "service-account.json").string()},
      {"GOOGLE_CLOUD_PROJECT", account.project},
      {"GOOGLE_CLOUD_LOCATION", account.location},
      {"HF_ENDPOINT", account.url}};
}

std::vector<std::pair<std::string, std::string>> Emulator::alternatives() const {
  const auto& folder = state_->data.path();
  return {{"GCE_METADATA_HOST", state_->server.authority()},
          {"METADATA_SERVER_DETECTION", "assume-present"},
          {"GOOGLE_APPLICATION_CREDENTIALS", (folder / "authorized-user.json").string()},
          {"GOOGLE_APPLICATION_CREDENTIALS", (folder / "external-account.json").string()},
          {"GOOGLE_APPLICATION_CREDENTIALS", (folder / "impersonated.json").string()}};
}

void Emulator::run(std::stop_token stop) {
  const auto handler = [this](const ServerRequest& request) { return state_->answer(request); };
  state_->server.serve(handler, std::move(stop));
}

}  // namespace videogen::emulator
