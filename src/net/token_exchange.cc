#include "net/token_exchange_internal.h"

#include <array>
#include <ctime>
#include <initializer_list>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "net/address.h"
#include "net/form.h"
#include "net/jwt_internal.h"
#include "net/retry.h"
#include "net/subject_token_internal.h"

namespace videogen::net {
namespace {

using Json = nlohmann::json;
using std::chrono::seconds;

constexpr std::uint64_t kMostBytes = 1 << 20;

// A service may quote what it was sent.
Error without(Error error, std::initializer_list<const Secret*> secrets) {
  for (const Secret* secret : secrets) {
    const std::string_view text = secret->reveal();
    if (text.empty()) continue;
    for (std::size_t at; (at = error.message.find(text)) != std::string::npos;)
      error.message.replace(at, text.size(), "REDACTED");
  }
  return error;
}

// {"access_token": …, "expires_in": 3599}, the number as text from some.
Result<GrantedToken> granted(Response response) {
  Json json = Json::parse(response.body, nullptr, false);
  wipe(response.body);
  const auto no_token = [&](std::string_view what) {
    return fail(ErrorCode::corrupt,
                fmt::format("{} answers {}", shown_address(response.url), what));
  };
  if (!json.is_object() || !json.contains("access_token") || !json["access_token"].is_string())
    return no_token("without an access_token");
  GrantedToken granted{.token = Secret::taken_from(json["access_token"].get_ref<std::string&>())};
  if (granted.token.empty()) return no_token("with an empty access_token");
  constexpr std::int64_t kHour_s = 3600, kDay_s = 86'400;
  std::int64_t lifetime = kHour_s;
  const Json given = json.value("expires_in", Json());
  if (given.is_number()) lifetime = static_cast<std::int64_t>(given.get<double>());
  if (given.is_string()) lifetime = std::atoll(given.get_ref<const std::string&>().c_str());
  granted.lifetime = seconds(std::clamp<std::int64_t>(lifetime, 0, kDay_s));
  return granted;
}

HttpResult send(Request request, const HttpClient& client, const Timing& timing,
                const std::stop_token& stop) {
  request.most_bytes = kMostBytes;
  request.deadlines.first_byte = seconds(30);
  request.repeatable = true;
  // Twice the same question is two tokens, and no harm.
  const RetryPolicy policy{.most_attempts = 4, .whole = seconds(60)};
  return with_retries([&] { return client.send(request, stop); }, Repeat::harmless, policy, stop,
                      timing);
}

HttpResult post_form(const std::string& url, std::string text, const HttpClient& client,
                     const Timing& timing, const std::stop_token& stop) {
  Request request{.method = "POST",
                  .url = url,
                  .headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                              {"Accept", "application/json"}},
                  .body = Secret::taken_from(text)};
  return send(std::move(request), client, timing, stop);
}

std::string said(const Response& response) {
  const Json json = Json::parse(response.body, nullptr, false);
  const Json error = json.is_object() ? json.value("error", Json()) : Json();
  return error.is_string() ? error.get<std::string>() : std::string();
}

Error refused(std::string_view whose, const Response& response, std::string_view hint) {
  Error error = http_error(fmt::format("get a token for {}", whose), response);
  if (error.code == ErrorCode::not_found) error.code = ErrorCode::unreachable;
  if (said(response) == "invalid_grant") error.message += fmt::format(" ({})", hint);
  return error;
}

Result<GrantedToken> get(const ServiceAccountKey& key, std::string_view scope,
                         const HttpClient& client, const Timing& timing,
                         const std::stop_token& stop) {
  constexpr int kHour_s = 3600;
  const std::time_t now = std::chrono::system_clock::to_time_t(timing.wall());
  Json header{{"alg", "RS256"}, {"typ", "JWT"}};
  if (!key.key_id.empty()) header["kid"] = key.key_id;
  const Json claims{{"iss", key.email},
                    {"scope", scope},
                    {"aud", key.token_uri},
                    {"iat", now},
                    {"exp", now + kHour_s}};
  VIDEOGEN_TRY(const Secret assertion, signed_jwt(header.dump(), claims.dump(), key.private_key));
  VIDEOGEN_TRY(Response response,
               post_form(key.token_uri,
                         form({{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
                               {"assertion", assertion.reveal()}}),
                         client, timing, stop));
  if (response.status == 200) return granted(std::move(response));
  std::array<char, 32> clock{};
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::strftime(clock.data(), clock.size(), "%Y-%m-%d %H:%M", &utc);
  return tl::unexpected(
      without(refused(key.email, response,
                      fmt::format("the key may have been deleted, or this machine's clock may be "
                                  "wrong: it says {} UTC",
                                  clock.data())),
              {&assertion}));
}

Result<GrantedToken> get(const AuthorizedUser& user, std::string_view /*scope: the user's own*/,
                         const HttpClient& client, const Timing& timing,
                         const std::stop_token& stop) {
  VIDEOGEN_TRY(Response response, post_form(user.token_uri,
                                            form({{"client_id", user.client_id},
                                                  {"client_secret", user.client_secret.reveal()},
                                                  {"refresh_token", user.refresh_token.reveal()},
                                                  {"grant_type", "refresh_token"}}),
                                            client, timing, stop));
  if (response.status == 200) return granted(std::move(response));
  return tl::unexpected(without(refused("the user of gcloud", response,
                                        "sign in again: gcloud auth application-default login"),
                                {&user.client_secret, &user.refresh_token}));
}

Result<GrantedToken> get(const ExternalAccount& account, std::string_view scope,
                         const HttpClient& client, const Timing& timing,
                         const std::stop_token& stop) {
  VIDEOGEN_TRY(const Secret subject, subject_token(account, client, timing, stop));
  VIDEOGEN_TRY(
      Response response,
      post_form(account.token_url,
                form({{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
                      {"audience", account.audience},
                      {"scope", scope},
                      {"requested_token_type", "urn:ietf:params:oauth:token-type:access_token"},
                      {"subject_token", subject.reveal()},
                      {"subject_token_type", account.subject_token_type}}),
                client, timing, stop));
  if (response.status == 200) return granted(std::move(response));
  return tl::unexpected(without(
      refused("the external account", response, "its own token may have expired"), {&subject}));
}

// RFC 3339 in UTC, as "2026-11-22T10:00:00Z" or with a fraction.
std::optional<std::chrono::system_clock::time_point> parse_time(const std::string& text) {
  std::tm utc{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
  if (rest == nullptr || text.empty() || text.back() != 'Z') return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&utc));
}

Result<GrantedToken> impersonated(const KeyFile& file, const Secret& token, std::string_view scope,
                                  const HttpClient& client, const Timing& timing,
                                  const std::stop_token& stop) {
  const Json body{{"scope", {scope}},
                  {"lifetime", fmt::format("{}s", file.impersonation_lifetime_s)}};
  VIDEOGEN_TRY(Response response, send({.method = "POST",
                                        .url = file.impersonation_url,
                                        .headers = {{"Content-Type", "application/json"}},
                                        .secret_headers = {{"Authorization", "Bearer ", token}},
                                        .body = body.dump()},
                                       client, timing, stop));
  if (response.status != 200)
    return tl::unexpected(
        without(refused("the impersonated service account", response, ""), {&token}));
  Json json = Json::parse(response.body, nullptr, false);
  wipe(response.body);
  if (!json.is_object() || !json.contains("accessToken") || !json["accessToken"].is_string())
    return fail(ErrorCode::corrupt,
                fmt::format("{} answers without an accessToken", shown_address(response.url)));
  GrantedToken granted{.token = Secret::taken_from(json["accessToken"].get_ref<std::string&>()),
                       .lifetime = seconds(file.impersonation_lifetime_s)};
  const Json ends = json.value("expireTime", Json());
  if (const auto end = ends.is_string() ? parse_time(ends.get<std::string>()) : std::nullopt)
    granted.lifetime = std::clamp(std::chrono::duration_cast<seconds>(*end - timing.wall()),
                                  seconds(0), granted.lifetime);
  return granted;
}

}  // namespace

Result<GrantedToken> token_of_file(const KeyFile& file, std::string_view scope,
                                   const HttpClient& client, const Timing& timing,
                                   const std::stop_token& stop) {
  // Who impersonates needs the right to do that, and nothing else.
  const std::string_view first =
      file.impersonation_url.empty() ? scope : "https://www.googleapis.com/auth/cloud-platform";
  VIDEOGEN_TRY(
      GrantedToken granted,
      std::visit([&](const auto& account) { return get(account, first, client, timing, stop); },
                 file.account));
  if (file.impersonation_url.empty()) return granted;
  return impersonated(file, granted.token, scope, client, timing, stop);
}

Result<GrantedToken> token_of_metadata_server(const std::string& host, std::string_view scope,
                                              const HttpClient& client, const Timing& timing,
                                              const std::stop_token& stop) {
  Request request{
      .url = fmt::format(
          "http://{}/computeMetadata/v1/instance/service-accounts/default/token?scopes={}", host,
          percent_encoded(scope)),
      .headers = {{"Metadata-Flavor", "Google"}}};
  request.direct = true;
  request.deadlines.connect = seconds(3);
  VIDEOGEN_TRY(Response response, send(std::move(request), client, timing, stop));
  if (response.status == 404)
    return fail(ErrorCode::unreachable,
                "cannot get a token: this machine has no service account (its metadata server "
                "answers 404)");
  if (response.status != 200)
    return tl::unexpected(http_error("get a token of this machine's service account", response));
  if (response.headers.first("Metadata-Flavor") != "Google")
    return fail(ErrorCode::corrupt,
                fmt::format("{} is no metadata server of Google's", printable(host, 100)));
  return granted(std::move(response));
}

}  // namespace videogen::net
