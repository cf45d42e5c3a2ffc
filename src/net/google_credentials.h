// Application Default Credentials: who this machine is to Google, and tokens that prove it.
//
// https://google.aip.dev/auth: the file that GOOGLE_APPLICATION_CREDENTIALS names, then the one
// that gcloud writes, then the metadata server of Google's machines.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/http_client.h"
#include "net/secret.h"
#include "net/timing.h"

namespace videogen::net {

inline constexpr std::string_view kCloudPlatformScope =
    "https://www.googleapis.com/auth/cloud-platform";

// For several threads at once. The client and the timing live longer than this.
class GoogleCredentials {
 public:
  enum class Kind { service_account, authorized_user, metadata_server, external_account };

  // Errors: not_found (none anywhere, with all places that were looked at), and those of
  // from_file() for one that is there and wrong: the next place is not tried then. Asks the
  // metadata server only where nothing else is found, and waits a second for it.
  static Result<GoogleCredentials> find(const HttpClient& client, const std::stop_token& stop,
                                        const Timing& timing = Timing::real());
  // A service account's key, what `gcloud auth application-default login` writes, or the
  // configuration of an external account. Nothing is asked of the network.
  // Errors: not_found, unreachable, corrupt (no JSON, a field that is missing or wrong, a bad
  // key), unsupported (another type; AWS; certificates), each with the file and the field.
  static Result<GoogleCredentials> from_file(const std::string& path, const HttpClient& client,
                                             const Timing& timing = Timing::real());
  // `named` stands for the text in errors and in origin().
  static Result<GoogleCredentials> from_json(std::string_view json, std::string_view named,
                                             const HttpClient& client,
                                             const Timing& timing = Timing::real());
  GoogleCredentials(GoogleCredentials&&) noexcept;
  GoogleCredentials& operator=(GoogleCredentials&&) noexcept;
  ~GoogleCredentials();

  // An access token for the scope, for "Authorization: Bearer …". Kept and handed out until 5
  // minutes before its end; then one caller asks for the next while the others go on with what
  // they have. Errors: unreachable (no answer, or refused, with the service's reason), corrupt
  // (an answer without a token), interrupted. None holds a secret.
  [[nodiscard]] Result<Secret> token(std::string_view scope, const std::stop_token& stop);
  // A service answered 401 to this token: it is not handed out again. Ask once more, and take a
  // second 401 as final.
  void forget(const Secret& token);

  [[nodiscard]] Kind kind() const;
  // Where it was found: "GOOGLE_APPLICATION_CREDENTIALS: /path/key.json", "metadata server".
  [[nodiscard]] const std::string& origin() const;
  // The account's e-mail address, where the file says it.
  [[nodiscard]] std::optional<std::string> account() const;
  // Of GOOGLE_CLOUD_PROJECT, else of the file.
  [[nodiscard]] std::optional<std::string> project() const;
  // For the header x-goog-user-project: of GOOGLE_CLOUD_QUOTA_PROJECT, else of the file.
  [[nodiscard]] std::optional<std::string> quota_project() const;

 private:
  class Impl;
  explicit GoogleCredentials(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] std::string_view name(GoogleCredentials::Kind kind);

}  // namespace videogen::net
