#include "net/cloud_storage.h"

#include <charconv>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "net/address.h"
#include "net/form.h"
#include "net/object_info_internal.h"

namespace videogen::net {
namespace {

std::string default_endpoint() {
  const char* emulator = std::getenv("STORAGE_EMULATOR_HOST");  // NOLINT(concurrency-mt-unsafe)
  if (emulator == nullptr || *emulator == '\0') return "https://storage.googleapis.com";
  const std::string host = emulator;
  return host.find("://") == std::string::npos ? "http://" + host : host;
}

}  // namespace

Result<ObjectName> parse_gs_uri(std::string_view uri) {
  constexpr std::string_view kScheme = "gs://";
  const std::string_view rest = uri.starts_with(kScheme) ? uri.substr(kScheme.size()) : "";
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  ObjectName object{std::string(rest.substr(0, slash)),
                    std::string(rest.substr(std::min(slash + 1, rest.size())))};
  if (object.bucket.empty() || object.name.empty() || object.name.ends_with('/'))
    return fail(ErrorCode::usage,
                fmt::format("{} names no object: gs://bucket/object does", printable(uri)));
  return object;
}

std::string to_uri(const ObjectName& object) {
  return printable(fmt::format("gs://{}/{}", object.bucket, object.name));
}

CloudStorage::CloudStorage(const HttpClient& client, GoogleCredentials* credentials,
                           Options options, std::string why_none, const Timing& timing)
    : client_(client),
      credentials_(credentials),
      options_(std::move(options)),
      why_none_(std::move(why_none)),
      timing_(timing) {
  if (options_.endpoint.empty()) options_.endpoint = default_endpoint();
  while (options_.endpoint.ends_with('/')) options_.endpoint.pop_back();
}

std::string CloudStorage::object_url(const ObjectName& object) const {
  return fmt::format("{}/storage/v1/b/{}/o/{}", options_.endpoint, percent_encoded(object.bucket),
                     percent_encoded(object.name));
}

HttpResult CloudStorage::send(Request request, const BodySink* sink,
                              const std::stop_token& stop) const {
  const auto once = [&] {
    return sink != nullptr ? client_.send(request, *sink, stop) : client_.send(request, stop);
  };
  // An upload's session may lie elsewhere; its address is its key.
  const bool ours = request.url.starts_with(options_.endpoint + "/");
  if (credentials_ == nullptr || !ours) return once();
  if (const auto pays = credentials_->quota_project())
    request.headers.set("x-goog-user-project", *pays);
  for (int attempt = 1;; ++attempt) {
    const Result<Secret> token = credentials_->token(kCloudPlatformScope, stop);
    if (!token) {
      HttpFailure failure;
      static_cast<Error&>(failure) = token.error();
      return tl::unexpected(failure);
    }
    request.secret_headers = {{"Authorization", "Bearer ", *token}};
    HttpResult result = once();
    if (attempt == 2 || !result || result->status != 401) return result;
    credentials_->forget(*token);
  }
}

HttpResult CloudStorage::ask(const Request& request, const std::stop_token& stop) const {
  return with_retries([&] { return send(request, nullptr, stop); }, Repeat::harmless,
                      options_.retries, stop, timing_);
}

Error CloudStorage::refused(std::string_view action, const Response& response) const {
  Error error = http_error(action, response);
  const bool no_right = response.status == 401 || response.status == 403;
  if (no_right && credentials_ == nullptr && !why_none_.empty())
    error.message += fmt::format(" ({})", why_none_);
  if (no_right && credentials_ != nullptr)
    error.message += fmt::format(
        " (asked as {}, found in {})",
        printable(credentials_->account().value_or(std::string(name(credentials_->kind()))), 100),
        credentials_->origin());
  return error;
}

Status CloudStorage::pause(int failures, const HttpResult& result,
                           const std::stop_token& stop) const {
  auto wait = backoff(options_.retries, failures, timing_.random());
  if (result)
    if (const auto asked = retry_after(result->headers, timing_.wall())) wait += *asked;
  wait = std::min(wait, options_.retries.whole);
  if (!timing_.sleep(wait, stop)) return fail(ErrorCode::interrupted, "interrupted");
  return {};
}

Result<ObjectInfo> CloudStorage::info(const ObjectName& object, const std::stop_token& stop) const {
  VIDEOGEN_TRY(const Response response, ask({.url = object_url(object)}, stop));
  if (response.status != 200) return tl::unexpected(refused("read " + to_uri(object), response));
  return parse_object_info(response.body, to_uri(object));
}

}  // namespace videogen::net
