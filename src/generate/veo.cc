#include "generate/veo.h"

#include <cstdlib>
#include <optional>

#include <fmt/format.h>

#include "base/file.h"
#include "generate/service_internal.h"
#include "net/cloud_storage.h"
#include "net/form.h"

namespace videogen::generate {
namespace {

using net::HttpResult;
using net::Repeat;
using nlohmann::json;

// Inline clips come as Base64 inside of the reply: four of 8 s at 4k fit.
constexpr std::uint64_t kMostReply = std::uint64_t{1} << 30;

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? "" : value;
}

PollFailure failure(Error error, bool may_heal) {
  PollFailure made;
  static_cast<Error&>(made) = std::move(error);
  made.may_heal = may_heal;
  return made;
}

class Veo final : public Backend {
 public:
  Veo(const net::HttpClient& client, VeoOptions options, const net::Timing& timing)
      : client_(client),
        options_(std::move(options)),
        service_{client, timing, options_.retries, options_.traceparent, options_.on_pause} {
    if (options_.base_url.empty()) options_.base_url = vertex_host(options_.location);
    while (options_.base_url.ends_with('/')) options_.base_url.pop_back();
  }

  [[nodiscard]] std::string name() const override { return "veo"; }
  [[nodiscard]] std::string place() const override {
    if (!options_.api_key.empty() && options_.project.empty()) return options_.base_url;
    return fmt::format("{} projects/{}/locations/{}", options_.base_url, options_.project,
                       options_.location);
  }
  [[nodiscard]] int most_samples() const override { return 4; }

  [[nodiscard]] Status prepare(const Order& order, const std::stop_token& stop) override;
  [[nodiscard]] Submission submit(const Order& order, const std::stop_token& stop,
                                  const std::stop_token& cut) override;
  [[nodiscard]] PollResult poll(const std::string& operation, int samples,
                                const std::stop_token& stop) override;
  [[nodiscard]] Status download(const Clip& clip, const std::filesystem::path& path,
                                const Fetched& progress, const std::stop_token& stop) override;

 private:
  [[nodiscard]] bool by_key() const { return !options_.api_key.empty(); }
  [[nodiscard]] Status find_credentials(const std::stop_token& stop);
  // "BASE/v1/projects/P/locations/L/publishers/google/models/M"
  [[nodiscard]] std::string model_url(const std::string& model) const;
  [[nodiscard]] net::Request post(std::string url, std::string body) const;
  [[nodiscard]] Identity identity();

  const net::HttpClient& client_;
  VeoOptions options_;
  Service service_;
  std::optional<net::GoogleCredentials> credentials_;
  std::string prepared_;  // the body of the next submit
};

Status Veo::find_credentials(const std::stop_token& stop) {
  if (by_key() || credentials_) return {};
  auto found = net::GoogleCredentials::find(client_, stop, service_.timing);
  if (!found) return tl::unexpected(found.error());
  credentials_ = *std::move(found);
  if (options_.project.empty()) options_.project = credentials_->project().value_or("");
  if (options_.project.empty())
    return fail(ErrorCode::usage,
                fmt::format("no Google Cloud project is named: set GOOGLE_CLOUD_PROJECT ({} names "
                            "none)",
                            credentials_->origin()));
  return {};
}

Identity Veo::identity() {
  Identity who;
  if (by_key()) who.key = net::SecretHeader{"x-goog-api-key", "", options_.api_key};
  if (credentials_) who.credentials = &*credentials_;
  return who;
}

std::string Veo::model_url(const std::string& model) const {
  const std::string scope =
      by_key() && options_.project.empty()
          ? ""
          : fmt::format("/projects/{}/locations/{}", net::percent_encoded(options_.project),
                        net::percent_encoded(options_.location));
  return fmt::format("{}/v1{}/publishers/google/models/{}", options_.base_url, scope,
                     net::percent_encoded(model));
}

net::Request Veo::post(std::string url, std::string body) const {
  net::Request request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers.add("Content-Type", "application/json");
  request.body = std::move(body);
  request.deadlines.first_byte = options_.first_byte;
  return request;
}

Status Veo::prepare(const Order& order, const std::stop_token& stop) {
  // It becomes a part of the host's name.
  if (options_.location.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") !=
      std::string::npos)
    return fail(ErrorCode::usage, fmt::format("GOOGLE_CLOUD_LOCATION {}: no location of Google's",
                                              printable(options_.location, 60)));
  VIDEOGEN_TRY(prepared_, veo_request(order, options_.storage_uri));
  VIDEOGEN_TRY(find_credentials(stop));
  if (!credentials_) return {};
  // A token that cannot be had is known before an order is written down.
  VIDEOGEN_TRY([[maybe_unused]] const net::Secret token,
               credentials_->token(net::kCloudPlatformScope, stop));
  return {};
}

Submission Veo::submit(const Order& order, const std::stop_token& stop,
                       const std::stop_token& cut) {
  const std::string action = fmt::format("Veo ({})", order.model);
  const net::Request request =
      post(model_url(order.model) + ":predictLongRunning", std::exchange(prepared_, {}));
  const HttpResult result = service_.ask(request, Repeat::only_if_not_taken, identity(), stop, cut);
  Submission submission = submission_of(result, action);
  if (submission.state == Submission::State::refused && result && result->status == 404)
    submission.error.message += fmt::format(
        " ({} may be retired, or not be open to this project or location; see "
        "videogen generate --list-models)",
        order.model);
  if (submission.state != Submission::State::accepted) return submission;
  const json document = json::parse(result->body, nullptr, false);
  submission.operation = text_of(document, "name");
  if (!parse_veo_operation(submission.operation)) return without_name(action, *result);
  return submission;
}

PollResult Veo::poll(const std::string& operation, int samples, const std::stop_token& stop) {
  const auto parsed = parse_veo_operation(operation);
  if (!parsed) return tl::unexpected(failure(parsed.error(), false));
  if (options_.project.empty() && !by_key()) options_.project = parsed->project;
  if (const Status found = find_credentials(stop); !found)
    return tl::unexpected(failure(found.error(), false));
  net::Request request =
      post(fmt::format("{}/v1/{}:fetchPredictOperation", options_.base_url, parsed->path),
           json{{"operationName", operation}}.dump());
  request.repeatable = true;
  request.most_bytes = kMostReply;
  const HttpResult result = service_.ask(request, Repeat::harmless, identity(), stop, stop);
  if (!result) return tl::unexpected(failure(result.error(), may_heal(result)));
  Poll poll;
  if (result->status == 404) {
    poll.state = Poll::State::gone;
    poll.message = net::http_error("find the operation", *result).message;
    return poll;
  }
  if (result->status != 200)
    return tl::unexpected(failure(refusal("ask for the operation", *result), may_heal(result)));
  auto read = read_veo_operation(result->body, samples);
  if (!read) return tl::unexpected(failure(read.error(), true));
  return *std::move(read);
}

Status Veo::download(const Clip& clip, const std::filesystem::path& path, const Fetched& progress,
                     const std::stop_token& stop) {
  if (!clip.bytes.empty()) {
    if (progress) progress(clip.bytes.size(), clip.bytes.size());
    return write_clip(clip.bytes, path);
  }
  VIDEOGEN_TRY(const net::ObjectName object, net::parse_gs_uri(clip.uri));
  // An emulator of Cloud Storage is asked without credentials.
  const bool emulated = !variable("STORAGE_EMULATOR_HOST").empty();
  std::string why_none;
  if (!emulated && by_key()) {
    why_none = "an API key opens Vertex AI, but not Cloud Storage";
  } else if (!emulated) {
    VIDEOGEN_TRY(find_credentials(stop));
  }
  net::CloudStorage::Options storage_options;
  storage_options.retries = options_.retries;
  const net::CloudStorage storage(client_, emulated || !credentials_ ? nullptr : &*credentials_,
                                  storage_options, why_none, service_.timing);
  VIDEOGEN_TRY(AtomicFile file, AtomicFile::create(path, AtomicFile::Existing::replace));
  const auto sink = [&file](std::span<const std::byte> bytes) { return file.write(bytes); };
  const auto told = [&progress](std::uint64_t done, std::uint64_t total) {
    if (progress) progress(done, total);
  };
  VIDEOGEN_TRY(const net::ObjectInfo info,
               storage.download(object, sink, kMostClipBytes, told, stop));
  if (info.size == 0)
    return fail(ErrorCode::corrupt, fmt::format("cannot use {}: it is empty", clip.uri));
  return file.commit();
}

}  // namespace

std::string vertex_host(std::string_view location) {
  if (location == "global") return "https://aiplatform.googleapis.com";
  if (location == "us" || location == "eu")
    return fmt::format("https://aiplatform.{}.rep.googleapis.com", location);
  return fmt::format("https://{}-aiplatform.googleapis.com", location);
}

VeoOptions veo_options_from_environment() {
  VeoOptions options;
  options.base_url = variable("GOOGLE_VERTEX_BASE_URL");
  options.project = variable("GOOGLE_CLOUD_PROJECT");
  if (std::string location = variable("GOOGLE_CLOUD_LOCATION"); !location.empty())
    options.location = std::move(location);
  // A key that lies around for another service must not take the place of an account.
  if (options.project.empty() && variable("GOOGLE_APPLICATION_CREDENTIALS").empty()) {
    std::string key = variable("GOOGLE_API_KEY");
    if (!key.empty()) options.api_key = net::Secret::taken_from(key);
  }
  return options;
}

std::unique_ptr<Backend> make_veo(const net::HttpClient& client, VeoOptions options,
                                  const net::Timing& timing) {
  return std::make_unique<Veo>(client, std::move(options), timing);
}

}  // namespace videogen::generate
