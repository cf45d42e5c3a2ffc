#include "net/google_key_file_internal.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "net/address.h"
#include "net/jwt_internal.h"

namespace videogen::net {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kGoogleTokens = "https://oauth2.googleapis.com/token";

// Strings of a parsed file are copies of its secrets.
void wipe_strings(Json& json) {
  if (json.is_string()) {
    wipe(json.get_ref<std::string&>());
  } else if (json.is_structured()) {
    for (Json& each : json) wipe_strings(each);
  }
}

class Fields {
 public:
  Fields(const Json& json, std::string_view file, std::string place = {})
      : json_(json), file_(file), place_(std::move(place)) {}

  [[nodiscard]] tl::unexpected<Error> wrong(std::string_view what,
                                            ErrorCode code = ErrorCode::corrupt) const {
    return fail(code, fmt::format("{}: {}", file_, what));
  }
  // Absent: `otherwise`. Errors: corrupt (no text).
  [[nodiscard]] Result<std::string> text(const char* name, std::string_view otherwise) const {
    const auto found = json_.find(name);
    if (found == json_.end() || found->is_null()) return std::string(otherwise);
    if (!found->is_string()) return wrong(fmt::format("{}{} is no text", place_, name));
    return found->get<std::string>();
  }
  [[nodiscard]] Result<std::string> text(const char* name) const {
    VIDEOGEN_TRY(std::string value, text(name, ""));
    if (value.empty()) return wrong(fmt::format("it has no {}{}", place_, name));
    return value;
  }
  [[nodiscard]] Result<Secret> secret(const char* name) const {
    VIDEOGEN_TRY(std::string value, text(name));
    return Secret::taken_from(value);
  }
  // Secrets go there: only encrypted, or not further than this machine.
  [[nodiscard]] Result<std::string> service(const char* name, std::string_view otherwise) const {
    VIDEOGEN_TRY(std::string value, text(name, otherwise));
    if (value.empty()) return wrong(fmt::format("it has no {}{}", place_, name));
    const Result<Address> address = parse_address(value);
    if (!address || (address->scheme != "https" && !names_loopback(*address)))
      return wrong(
          fmt::format("{}{} is {}, which is no https address", place_, name, shown_address(value)));
    return value;
  }
  [[nodiscard]] const Json* object(const char* name) const {
    const auto found = json_.find(name);
    return found != json_.end() && found->is_object() ? &*found : nullptr;
  }
  [[nodiscard]] Fields inside(const Json& json, const char* name) const {
    return {json, file_, fmt::format("{}{}.", place_, name)};
  }
  [[nodiscard]] const Json& json() const { return json_; }

 private:
  const Json& json_;
  std::string_view file_;
  std::string place_;
};

std::int64_t integer_at(const Json& json, const char* name, std::int64_t otherwise) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_integer() ? found->get<std::int64_t>() : otherwise;
}

Result<ServiceAccountKey> service_account(const Fields& fields) {
  ServiceAccountKey key;
  VIDEOGEN_TRY(key.email, fields.text("client_email"));
  VIDEOGEN_TRY(key.key_id, fields.text("private_key_id", ""));
  VIDEOGEN_TRY(key.private_key, fields.secret("private_key"));
  VIDEOGEN_TRY(key.token_uri, fields.service("token_uri", kGoogleTokens));
  if (const Status good = check_rsa_key(key.private_key); !good)
    return fields.wrong("private_key is " + good.error().message);
  return key;
}

Result<AuthorizedUser> authorized_user(const Fields& fields) {
  AuthorizedUser user;
  VIDEOGEN_TRY(user.client_id, fields.text("client_id"));
  VIDEOGEN_TRY(user.client_secret, fields.secret("client_secret"));
  VIDEOGEN_TRY(user.refresh_token, fields.secret("refresh_token"));
  VIDEOGEN_TRY(user.token_uri, fields.service("token_uri", kGoogleTokens));
  return user;
}

Result<SubjectTokenSource> executable_source(const Fields& fields) {
  SubjectTokenSource source{.kind = SubjectTokenSource::Kind::executable};
  VIDEOGEN_TRY(source.location, fields.text("command"));
  VIDEOGEN_TRY(source.output_file, fields.text("output_file", ""));
  constexpr std::int64_t kShortest_ms = 5'000, kLongest_ms = 120'000;
  const std::int64_t timeout = integer_at(fields.json(), "timeout_millis", 30'000);
  if (timeout < kShortest_ms || timeout > kLongest_ms)
    return fields.wrong("timeout_millis of its executable is not between 5000 and 120000");
  source.timeout = std::chrono::milliseconds(timeout);
  return source;
}

Result<SubjectTokenSource> token_source(const Fields& account) {
  const Json* json = account.object("credential_source");
  if (json == nullptr) return account.wrong("it has no credential_source");
  const Fields fields = account.inside(*json, "credential_source");
  if (json->contains("environment_id"))
    return fields.wrong(
        "accounts of AWS are not supported by this version; a service account's "
        "key, a file, an address or an executable is",
        ErrorCode::unsupported);
  if (json->contains("certificate"))
    return fields.wrong("accounts with a certificate (mTLS) are not supported by this version",
                        ErrorCode::unsupported);
  if (const Json* executable = fields.object("executable"))
    return executable_source(fields.inside(*executable, "executable"));
  SubjectTokenSource source;
  VIDEOGEN_TRY(source.location, fields.text("file", ""));
  if (source.location.empty()) {
    source.kind = SubjectTokenSource::Kind::url;
    VIDEOGEN_TRY(source.location, fields.text("url", ""));
    if (source.location.empty())
      return fields.wrong("its credential_source names no file, url or executable");
    if (const Result<Address> address = parse_address(source.location); !address)
      return fields.wrong("url of its credential_source is no http or https address");
  }
  if (const Json* headers = fields.object("headers")) {
    for (const auto& [name, value] : headers->items())
      if (value.is_string()) source.headers.add(name, value.get<std::string>());
  }
  if (const Json* format = fields.object("format")) {
    const Fields inner = fields.inside(*format, "format");
    VIDEOGEN_TRY(const std::string type, inner.text("type", "text"));
    if (type == "json") {
      VIDEOGEN_TRY(source.field, inner.text("subject_token_field_name"));
    } else if (type != "text") {
      return inner.wrong("the format of its credential_source is neither text nor json");
    }
  }
  return source;
}

Result<ExternalAccount> external_account(const Fields& fields) {
  ExternalAccount account;
  VIDEOGEN_TRY(account.audience, fields.text("audience"));
  VIDEOGEN_TRY(account.subject_token_type, fields.text("subject_token_type"));
  VIDEOGEN_TRY(account.token_url,
               fields.service("token_url", "https://sts.googleapis.com/v1/token"));
  VIDEOGEN_TRY(account.source, token_source(fields));
  return account;
}

Result<KeyFile> read_fields(const Fields& fields, std::string_view type);

Result<KeyFile> impersonated(const Fields& fields) {
  const Json* source = fields.object("source_credentials");
  if (source == nullptr) return fields.wrong("it has no source_credentials");
  const Fields inner = fields.inside(*source, "source_credentials");
  VIDEOGEN_TRY(const std::string type, inner.text("type"));
  if (type == "impersonated_service_account")
    return inner.wrong("its source_credentials are impersonated themselves",
                       ErrorCode::unsupported);
  return read_fields(inner, type);
}

Result<KeyFile> read_fields(const Fields& fields, std::string_view type) {
  KeyFile file;
  if (type == "service_account") {
    VIDEOGEN_TRY(file.account, service_account(fields));
  } else if (type == "authorized_user") {
    VIDEOGEN_TRY(file.account, authorized_user(fields));
  } else if (type == "external_account") {
    VIDEOGEN_TRY(file.account, external_account(fields));
  } else if (type == "impersonated_service_account") {
    VIDEOGEN_TRY(file, impersonated(fields));
  } else {
    return fields.wrong(
        fmt::format("its type is {}, which this version does not know", printable(type, 60)),
        ErrorCode::unsupported);
  }
  if (fields.json().contains("service_account_impersonation_url")) {
    VIDEOGEN_TRY(file.impersonation_url, fields.service("service_account_impersonation_url", ""));
  } else if (type == "impersonated_service_account") {
    return fields.wrong("it has no service_account_impersonation_url");
  }
  if (const Json* lifetime = fields.object("service_account_impersonation")) {
    constexpr std::int64_t kHour_s = 3600, kLeast_s = 600, kMost_s = 43'200;
    const std::int64_t seconds = integer_at(*lifetime, "token_lifetime_seconds", kHour_s);
    if (seconds < kLeast_s || seconds > kMost_s)
      return fields.wrong("its token_lifetime_seconds is not between 600 and 43200");
    file.impersonation_lifetime_s = static_cast<int>(seconds);
  }
  VIDEOGEN_TRY(file.project, fields.text("project_id", file.project));
  VIDEOGEN_TRY(file.quota_project, fields.text("quota_project_id", file.quota_project));
  return file;
}

}  // namespace

Result<KeyFile> parse_key_file(std::string_view json, std::string_view named) {
  const std::string file = printable(named);
  Json parsed = Json::parse(json, nullptr, false);
  if (!parsed.is_object())
    return fail(ErrorCode::corrupt, fmt::format("{}: it is no JSON object", file));
  const Fields fields(parsed, file);
  Result<std::string> type = fields.text("type", "");
  if (type && type->empty() && (parsed.contains("installed") || parsed.contains("web")))
    type = fields.wrong(
        "it is an OAuth client, not the credentials of an account (gcloud auth "
        "application-default login makes them)");
  if (type && type->empty()) type = fields.wrong("it has no type");
  Result<KeyFile> read = type ? read_fields(fields, *type) : tl::unexpected(type.error());
  wipe_strings(parsed);
  return read;
}

}  // namespace videogen::net
