#include "net/google_credentials.h"

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "net/google_key_file_internal.h"
#include "net/token_exchange_internal.h"

namespace videogen::net {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using Moment = std::chrono::steady_clock::time_point;

constexpr std::size_t kMostBytes = 1 << 20;
// As Google's own library for Node.js.
constexpr seconds kEarly(300);

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? "" : value;
}

struct MetadataServer {
  std::string host;
};
using Account = std::variant<KeyFile, MetadataServer>;

// What gcloud writes; empty where there is no home.
fs::path well_known_file() {
  constexpr std::string_view kName = "application_default_credentials.json";
  if (const std::string folder = variable("CLOUDSDK_CONFIG"); !folder.empty())
    return fs::path(folder) / kName;
  const std::string home = variable("HOME");
  return home.empty() ? fs::path() : fs::path(home) / ".config" / "gcloud" / kName;
}

// The host that answers as Google's metadata server; nullopt where there is none.
std::optional<std::string> find_metadata_server(const HttpClient& client,
                                                const std::stop_token& stop) {
  if (const std::string host = variable("GCE_METADATA_HOST"); !host.empty()) return host;
  const std::string detection = variable("METADATA_SERVER_DETECTION");
  const std::string numeric = variable("GCE_METADATA_IP");
  std::string host = numeric.empty() ? "169.254.169.254" : numeric;
  if (detection == "assume-present") return host;
  if (detection == "none" || variable("NO_GCE_CHECK") == "true") return std::nullopt;
  Request request{.url = fmt::format("http://{}/", host),
                  .headers = {{"Metadata-Flavor", "Google"}}};
  request.direct = true;
  request.deadlines.whole = seconds(1);
  const HttpResult answer = client.send(request, stop);
  if (!answer || answer->headers.first("Metadata-Flavor") != "Google") return std::nullopt;
  return host;
}

// A token for one scope. Guarded by Impl::mutex_.
struct Slot {
  Secret token;
  Moment end{};
  bool asking = false;
  std::uint64_t answers = 0;   // counts the questions that have ended
  std::optional<Error> error;  // of the last one
};

}  // namespace

class GoogleCredentials::Impl {
 public:
  Impl(Account account, std::string origin, const HttpClient& client, const Timing& timing)
      : account_(std::move(account)),
        origin_(std::move(origin)),
        client_(client),
        timing_(timing) {}

  Result<Secret> token(const std::string& scope, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    Slot& slot = slots_[scope];
    const auto valid = [&] { return !slot.token.empty() && timing_.now() < slot.end; };
    if (!slot.token.empty() && timing_.now() + kEarly < slot.end) return slot.token;
    if (slot.asking) {
      // Somebody is at it.
      if (valid()) return slot.token;
      const std::uint64_t seen = slot.answers;
      if (!answered_.wait(lock, stop, [&] { return slot.answers != seen; }))
        return fail(ErrorCode::interrupted, "interrupted");
      if (valid()) return slot.token;
      if (slot.error && slot.error->code != ErrorCode::interrupted)
        return tl::unexpected(*slot.error);
      lock.unlock();
      return token(scope, stop);  // whoever was at it was interrupted
    }
    slot.asking = true;
    lock.unlock();
    Result<GrantedToken> granted = ask(scope, stop);
    lock.lock();
    slot.asking = false;
    ++slot.answers;
    slot.error.reset();
    answered_.notify_all();
    if (granted) {
      slot.token = granted->token;
      slot.end = timing_.now() + granted->lifetime;
      return slot.token;
    }
    slot.error = granted.error();
    // Early by minutes: what is there is still good.
    if (valid() && granted.error().code != ErrorCode::interrupted) return slot.token;
    return tl::unexpected(granted.error());
  }

  void forget(const Secret& token) {
    const std::lock_guard lock(mutex_);
    for (auto& [scope, slot] : slots_)
      if (slot.token == token) slot.token = Secret();
  }

  [[nodiscard]] const Account& account() const { return account_; }
  [[nodiscard]] const std::string& origin() const { return origin_; }
  [[nodiscard]] const KeyFile* file() const { return std::get_if<KeyFile>(&account_); }

 private:
  Result<GrantedToken> ask(const std::string& scope, const std::stop_token& stop) const {
    if (const KeyFile* read = file()) return token_of_file(*read, scope, client_, timing_, stop);
    return token_of_metadata_server(std::get<MetadataServer>(account_).host, scope, client_,
                                    timing_, stop);
  }

  const Account account_;
  const std::string origin_;
  const HttpClient& client_;
  const Timing& timing_;
  std::mutex mutex_;
  std::condition_variable_any answered_;
  std::map<std::string, Slot> slots_;
};

GoogleCredentials::GoogleCredentials(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GoogleCredentials::GoogleCredentials(GoogleCredentials&&) noexcept = default;
GoogleCredentials& GoogleCredentials::operator=(GoogleCredentials&&) noexcept = default;
GoogleCredentials::~GoogleCredentials() = default;

Result<GoogleCredentials> GoogleCredentials::from_json(std::string_view json,
                                                       std::string_view named,
                                                       const HttpClient& client,
                                                       const Timing& timing) {
  VIDEOGEN_TRY(KeyFile file, parse_key_file(json, named));
  return GoogleCredentials(
      std::make_unique<Impl>(std::move(file), printable(named), client, timing));
}

Result<GoogleCredentials> GoogleCredentials::from_file(const std::string& path,
                                                       const HttpClient& client,
                                                       const Timing& timing) {
  VIDEOGEN_TRY(std::string text, read_file(path, kMostBytes));
  Result<GoogleCredentials> read = from_json(text, path, client, timing);
  wipe(text);
  return read;
}

Result<GoogleCredentials> GoogleCredentials::find(const HttpClient& client,
                                                  const std::stop_token& stop,
                                                  const Timing& timing) {
  const auto in_file = [&](const std::string& path,
                           std::string_view place) -> Result<GoogleCredentials> {
    Result<std::string> text = read_file(path, kMostBytes);
    if (!text) {
      Error error = text.error();
      error.message = fmt::format("{}: {}", place, error.message);
      return tl::unexpected(error);
    }
    Result<GoogleCredentials> read =
        from_json(*text, fmt::format("{}: {}", place, path), client, timing);
    wipe(*text);
    return read;
  };
  if (const std::string named = variable("GOOGLE_APPLICATION_CREDENTIALS"); !named.empty())
    return in_file(named, "GOOGLE_APPLICATION_CREDENTIALS");
  const fs::path known = well_known_file();
  std::error_code ignored;
  if (!known.empty() && fs::exists(known, ignored)) return in_file(known, "gcloud");
  if (const auto host = find_metadata_server(client, stop))
    return GoogleCredentials(
        std::make_unique<Impl>(MetadataServer{*host}, "metadata server", client, timing));
  if (stop.stop_requested()) return fail(ErrorCode::interrupted, "interrupted");
  return fail(ErrorCode::not_found,
              fmt::format("no Google credentials: GOOGLE_APPLICATION_CREDENTIALS is not set, {} "
                          "does not exist (gcloud auth application-default login makes it), and "
                          "this machine has no metadata server",
                          known.empty() ? "gcloud's file" : printable(known.string())));
}

Result<Secret> GoogleCredentials::token(std::string_view scope, const std::stop_token& stop) {
  return impl_->token(std::string(scope), stop);
}

void GoogleCredentials::forget(const Secret& token) { impl_->forget(token); }

GoogleCredentials::Kind GoogleCredentials::kind() const {
  const KeyFile* file = impl_->file();
  if (file == nullptr) return Kind::metadata_server;
  if (std::holds_alternative<ServiceAccountKey>(file->account)) return Kind::service_account;
  if (std::holds_alternative<AuthorizedUser>(file->account)) return Kind::authorized_user;
  return Kind::external_account;
}

const std::string& GoogleCredentials::origin() const { return impl_->origin(); }

std::optional<std::string> GoogleCredentials::account() const {
  const KeyFile* file = impl_->file();
  if (file == nullptr) return std::nullopt;
  if (const auto* key = std::get_if<ServiceAccountKey>(&file->account)) return key->email;
  return std::nullopt;
}

std::optional<std::string> GoogleCredentials::project() const {
  if (const std::string named = variable("GOOGLE_CLOUD_PROJECT"); !named.empty()) return named;
  const KeyFile* file = impl_->file();
  if (file == nullptr || (file->project.empty() && file->quota_project.empty()))
    return std::nullopt;
  return file->project.empty() ? file->quota_project : file->project;
}

std::optional<std::string> GoogleCredentials::quota_project() const {
  if (const std::string named = variable("GOOGLE_CLOUD_QUOTA_PROJECT"); !named.empty())
    return named;
  const KeyFile* file = impl_->file();
  if (file == nullptr || file->quota_project.empty()) return std::nullopt;
  return file->quota_project;
}

std::string_view name(GoogleCredentials::Kind kind) {
  using Kind = GoogleCredentials::Kind;
  switch (kind) {
    case Kind::service_account:
      return "service account";
    case Kind::authorized_user:
      return "authorized user";
    case Kind::metadata_server:
      return "metadata server";
    case Kind::external_account:
      break;
  }
  return "external account";
}

}  // namespace videogen::net
