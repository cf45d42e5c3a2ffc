#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/file.h"
#include "generate/service_internal.h"
#include "net/address.h"

namespace videogen::generate {
namespace {

using net::HttpFailure;
using net::HttpResult;

HttpFailure as_failure(Error error) {
  HttpFailure failure;
  static_cast<Error&>(failure) = std::move(error);
  return failure;
}

}  // namespace

HttpResult Service::ask(const net::Request& request, net::Repeat repeat, const Identity& identity,
                        const std::stop_token& stop, const std::stop_token& cut) const {
  bool refreshed = false;
  const auto once = [&]() -> HttpResult {
    for (;;) {
      net::Request own = request;
      if (traceparent) {
        if (std::string value = traceparent(); !value.empty())
          own.headers.add("traceparent", std::move(value));
      }
      net::Secret token;
      if (identity.key) own.secret_headers.push_back(*identity.key);
      if (identity.credentials != nullptr) {
        auto found = identity.credentials->token(net::kCloudPlatformScope, stop);
        // Nothing of the request has been sent.
        if (!found) return tl::unexpected(as_failure(found.error()));
        token = *std::move(found);
        own.secret_headers.push_back({"Authorization", "Bearer ", token});
        if (const auto quota = identity.credentials->quota_project())
          own.headers.add("x-goog-user-project", *quota);
      }
      HttpResult result = client.send(own, cut);
      const bool again =
          result && result->status == 401 && identity.credentials != nullptr && !refreshed;
      if (!again) return result;
      // 401 says that the server did not take it.
      identity.credentials->forget(token);
      refreshed = true;
    }
  };
  return net::with_retries(once, repeat, retries, stop, timing, on_pause);
}

Error refusal(std::string_view action, const net::Response& response) {
  Error error = net::http_error(action, response);
  constexpr std::array kOrder{400, 413, 415, 422};
  for (const int status : kOrder)
    if (response.status == status) error.code = ErrorCode::corrupt;
  return error;
}

Submission without_name(std::string_view action, const net::Response& response) {
  const auto address = net::parse_address(response.url);
  return {Submission::State::unknown,
          {},
          {ErrorCode::unreachable,
           fmt::format("cannot tell what became of the order to {}: {} answers {} without the name "
                       "of an operation",
                       action, address ? net::origin(*address) : "the server", response.status),
           std::source_location::current()}};
}

Submission submission_of(const HttpResult& result, std::string_view action) {
  using State = Submission::State;
  if (!result) {
    const HttpFailure& failure = result.error();
    if (failure.taken == HttpFailure::Taken::no) return {State::refused, {}, failure};
    Error error = failure;
    error.message = fmt::format("no reply to the order to {}: {}", action, failure.message);
    return {State::unknown, {}, std::move(error)};
  }
  const int status = result->status;
  if (status >= 200 && status < 300) return {State::accepted, {}, {}};
  // 408 and most of 5xx may come from something between here and there after the order went on.
  const bool taken_back = status != 408 && (status < 500 || status == 501 || status == 503);
  Error error = refusal(action, *result);
  if (!taken_back) error.message = fmt::format("no reply to the order: {}", error.message);
  return {taken_back ? State::refused : State::unknown, {}, std::move(error)};
}

bool may_heal(const HttpResult& result) {
  if (!result) return result.error().transient;
  const int status = result->status;
  return status == 408 || status == 429 || status >= 500;
}

std::string text_of(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::optional<int> count_of(const nlohmann::json& object, const char* name) {
  constexpr double kMost = 2'000'000'000;
  if (!object.is_object()) return std::nullopt;
  const auto at = object.find(name);
  if (at == object.end() || !at->is_number()) return std::nullopt;
  const double value = at->get<double>();
  if (!(std::abs(value) <= kMost)) return std::nullopt;
  return static_cast<int>(value);
}

Result<Picture> read_picture(const std::filesystem::path& path) {
  constexpr std::size_t kMost = std::size_t{20} << 20;
  auto bytes = read_file(path, kMost);
  if (!bytes) return tl::unexpected(bytes.error());
  const std::string_view head = std::string_view(*bytes).substr(0, 12);
  std::string type;
  if (head.starts_with("\x89PNG\r\n\x1a\n")) type = "image/png";
  if (head.starts_with("\xff\xd8\xff")) type = "image/jpeg";
  if (head.starts_with("RIFF") && head.ends_with("WEBP")) type = "image/webp";
  if (type.empty())
    return fail(ErrorCode::corrupt, fmt::format("cannot use {}: it is no PNG, JPEG or WebP picture",
                                                printable(path.string())));
  return Picture{std::move(type), *std::move(bytes)};
}

Status write_clip(std::string_view bytes, const std::filesystem::path& path) {
  VIDEOGEN_TRY(AtomicFile file, AtomicFile::create(path, AtomicFile::Existing::replace));
  VIDEOGEN_TRY(file.write(bytes));
  return file.commit();
}

}  // namespace videogen::generate
