#include <fmt/format.h>

#include "emulator/private_file.h"
#include "emulator/services_internal.h"

namespace videogen::emulator {
namespace {

using nlohmann::json;

}  // namespace

Status write_credentials(const std::filesystem::path& folder, const Account& account,
                         const Keys& keys) {
  const json service{{"type", "service_account"},          {"project_id", account.project},
                     {"private_key_id", keys.key_id()},    {"private_key", keys.private_key_pem()},
                     {"client_email", account.email},      {"client_id", "100000000000000000001"},
                     {"auth_uri", account.url + "/auth"},  {"token_uri", account.url + "/token"},
                     {"universe_domain", "googleapis.com"}};
  const json user{{"type", "authorized_user"},
                  {"client_id", "emulator.apps.googleusercontent.com"},
                  {"client_secret", "emulator-client-secret"},
                  {"refresh_token", "1//emulator-refresh-token"},
                  {"quota_project_id", account.project},
                  {"token_uri", account.url + "/token"}};
  const auto subject = std::filesystem::absolute(folder / "subject-token");
  const json external{
      {"type", "external_account"},
      {"audience",
       "//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/"
       "emulator/providers/emulator"},
      {"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"},
      {"token_url", account.url + "/v1/token"},
      {"credential_source", {{"file", subject.string()}}}};
  json impersonated = external;
  impersonated["service_account_impersonation_url"] = fmt::format(
      "{}/v1/projects/-/serviceAccounts/{}:generateAccessToken", account.url, account.email);
  VIDEOGEN_TRY(write_private(subject, "emulator-subject-token"));
  VIDEOGEN_TRY(write_private(folder / "service-account.json", service.dump(2) + "\n"));
  VIDEOGEN_TRY(write_private(folder / "authorized-user.json", user.dump(2) + "\n"));
  VIDEOGEN_TRY(write_private(folder / "external-account.json", external.dump(2) + "\n"));
  return write_private(folder / "impersonated.json", impersonated.dump(2) + "\n");
}

}  // namespace videogen::emulator
