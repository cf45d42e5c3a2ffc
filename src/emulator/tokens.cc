#include <ctime>

#include <fmt/format.h>

#include "emulator/services_internal.h"
#include "net/form.h"

namespace videogen::emulator {
namespace {

using net::ServerResponse;
using nlohmann::json;

constexpr std::string_view kScope = "https://www.googleapis.com/auth/cloud-platform";
constexpr std::string_view kRefreshToken = "1//emulator-refresh-token";
constexpr std::string_view kSubjectToken = "emulator-subject-token";

ServerResponse oauth_error(std::string_view error, std::string_view description) {
  return error_answer(Style::oauth, 400, description, error);
}

json token_document(const Account& account, const Keys& keys, std::string_view subject) {
  return {{"access_token", keys.issue(subject, account.token_lifetime)},
          {"expires_in", account.token_lifetime.count()},
          {"token_type", "Bearer"}};
}

// POST /token: what oauth2.googleapis.com/token answers.
ServerResponse exchange_grant(const Call& call, const Account& account, const Keys& keys) {
  const auto form = net::parse_form(call.request.body.bytes());
  const auto field = [&form](std::string_view name) { return net::find(form, name).value_or(""); };
  if (field("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer") {
    const Status sound =
        keys.check_assertion(field("assertion"), {account.email, account.url + "/token"});
    if (sound) return json_answer(token_document(account, keys, account.email));
    return oauth_error(
        sound.error().code == ErrorCode::unsupported ? "invalid_scope" : "invalid_grant",
        sound.error().message);
  }
  if (field("grant_type") != "refresh_token")
    return oauth_error("unsupported_grant_type", "Invalid grant_type.");
  if (field("client_id").empty() || field("client_secret").empty())
    return error_answer(Style::oauth, 401, "The OAuth client was not found.", "invalid_client");
  if (field("refresh_token") != kRefreshToken)
    return oauth_error("invalid_grant", "Token has been expired or revoked.");
  json document = token_document(account, keys, "user");
  document["scope"] = kScope;
  return json_answer(document);
}

// POST /v1/token: what sts.googleapis.com answers.
ServerResponse exchange_token(const Call& call, const Account& account, const Keys& keys) {
  const auto form = net::parse_form(call.request.body.bytes());
  const auto field = [&form](std::string_view name) { return net::find(form, name).value_or(""); };
  if (field("grant_type") != "urn:ietf:params:oauth:grant-type:token-exchange")
    return oauth_error("unsupported_grant_type", "Invalid grant_type.");
  for (const std::string_view needed :
       {"audience", "scope", "requested_token_type", "subject_token", "subject_token_type"}) {
    if (field(needed).empty())
      return oauth_error("invalid_request", fmt::format("Missing parameter: {}.", needed));
  }
  if (field("subject_token") != kSubjectToken)
    return oauth_error("invalid_grant", "The subject token is not of the emulator's pool.");
  json document = token_document(account, keys, "external");
  document["issued_token_type"] = "urn:ietf:params:oauth:token-type:access_token";
  return json_answer(document);
}

// What iamcredentials.googleapis.com answers.
ServerResponse impersonate(const Call& call, const Account& account, const Keys& keys) {
  if (auto refused = refuse_caller(call, keys, account, Style::google, Credentials::required))
    return *std::move(refused);
  if (call.values["email"] != account.email)
    return error_answer(Style::google, 404, "Not found; Gaia id not found for the account.");
  const auto document = json_body(call.request);
  if (!document) return error_answer(Style::google, 400, document.error().message);
  if (!document->value("scope", json()).is_array() || document->at("scope").empty())
    return error_answer(Style::google, 400, "scope must hold at least one scope.");
  const std::time_t expires = std::time(nullptr) + account.token_lifetime.count();
  // Seconds, no fraction, as Google writes it.
  std::string time = rfc3339(std::int64_t(expires) * 1'000'000);
  time.resize(time.find('.'));
  time += 'Z';
  return json_answer(
      {{"accessToken", keys.issue(account.email, account.token_lifetime)}, {"expireTime", time}});
}

// The metadata server answers those alone who show that they mean it, and shows who it is.
ServerResponse metadata(const Call& call, ServerResponse answer) {
  if (call.request.headers.find("Metadata-Flavor") != "Google") {
    answer = ServerResponse{};
    answer.status = 403;
    answer.headers.add("Content-Type", "text/html; charset=UTF-8");
    answer.body = std::string("Missing Metadata-Flavor:Google header.\n");
  }
  answer.headers.add("Metadata-Flavor", "Google");
  answer.headers.add("Server", "Metadata Server for VM");
  return answer;
}

ServerResponse text_answer(std::string text) {
  ServerResponse answer;
  answer.headers.add("Content-Type", "application/text");
  answer.body = std::move(text);
  return answer;
}

void mount_metadata(Routes& routes, const Account& account, const Keys& keys) {
  const std::string root = "/computeMetadata/v1";
  const auto add = [&routes](const std::string& path, Place place, auto make) {
    routes.add("GET", path, place, Style::google,
               [make](const Call& call) { return metadata(call, make(call)); });
  };
  const auto account_facts = [&account] {
    return json{{"aliases", {"default"}}, {"email", account.email}, {"scopes", {kScope}}};
  };
  for (const std::string& who : {std::string("default"), account.email}) {
    const std::string base = root + "/instance/service-accounts/" + who;
    add(base + "/token", Place::token, [&account, &keys](const Call&) {
      return json_answer(token_document(account, keys, account.email));
    });
    add(base + "/email", Place::other,
        [&account](const Call&) { return text_answer(account.email); });
    add(base + "/scopes", Place::other,
        [](const Call&) { return text_answer(std::string(kScope) + "\n"); });
    add(base + "/", Place::other,
        [account_facts](const Call&) { return json_answer(account_facts()); });
  }
  for (const char* slash : {"", "/"}) {
    add(root + "/instance/service-accounts" + slash, Place::other,
        [account_facts](const Call& call) {
          if (net::find(call.request.query, "recursive") == "true")
            return json_answer({{"default", account_facts()}});
          return text_answer("default/\n");
        });
    add(root + "/instance" + slash, Place::other,
        [](const Call&) { return text_answer("service-accounts/\n"); });
  }
  add(root + "/project/project-id", Place::other,
      [&account](const Call&) { return text_answer(account.project); });
  add(root + "/project/numeric-project-id", Place::other,
      [](const Call&) { return text_answer("123456789012"); });
  add(root + "/universe/universe-domain", Place::other,
      [](const Call&) { return text_answer("googleapis.com"); });
  routes.add("GET", "/", Place::other, Style::google, [](const Call&) {
    ServerResponse answer = text_answer("computeMetadata/\n");
    answer.headers.add("Metadata-Flavor", "Google");
    return answer;
  });
}

}  // namespace

void mount_tokens(Routes& routes, const Account& account, const Keys& keys) {
  const auto add = [&](std::string_view path, Style style, auto answer) {
    routes.add("POST", path, Place::token, style,
               [answer, &account, &keys](const Call& call) { return answer(call, account, keys); });
  };
  add("/token", Style::oauth, exchange_grant);
  add("/v1/token", Style::oauth, exchange_token);
  add("/v1/projects/-/serviceAccounts/{email}:generateAccessToken", Style::google, impersonate);
  mount_metadata(routes, account, keys);
}

}  // namespace videogen::emulator
