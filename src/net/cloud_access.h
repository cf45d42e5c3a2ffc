// Cloud Storage with the credentials that this machine has.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "net/cloud_storage.h"
#include "net/google_credentials.h"
#include "net/http_client.h"

namespace videogen::net {

// Looks for credentials when they are needed first, and keeps them. The client lives longer, and
// so does this than what it gives. For one thread at a time.
class CloudAccess {
 public:
  explicit CloudAccess(const HttpClient& client) : client_(client) {}

  // Without any credentials public objects can still be read; an emulator
  // (STORAGE_EMULATOR_HOST) is asked without. Errors: those of credentials that are there and
  // wrong; a file that is named and absent counts among them.
  [[nodiscard]] Result<CloudStorage> storage(const std::stop_token& stop);

 private:
  Status find_credentials(const std::stop_token& stop);

  const HttpClient& client_;
  std::optional<GoogleCredentials> credentials_;
  std::string why_none_;
  bool looked_ = false;
};

}  // namespace videogen::net
