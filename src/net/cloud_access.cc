#include "net/cloud_access.h"

#include <cstdlib>
#include <utility>

namespace videogen::net {
namespace {

bool is_set(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value != nullptr && *value != '\0';
}

}  // namespace

Result<CloudStorage> CloudAccess::storage(const std::stop_token& stop) {
  VIDEOGEN_TRY(find_credentials(stop));
  return CloudStorage(client_, credentials_ ? &*credentials_ : nullptr, {}, why_none_);
}

Status CloudAccess::find_credentials(const std::stop_token& stop) {
  if (looked_ || is_set("STORAGE_EMULATOR_HOST")) return {};
  auto found = GoogleCredentials::find(client_, stop);
  if (!found && found.error().code != ErrorCode::not_found) return tl::unexpected(found.error());
  // A file that is named and absent is no reason to ask as nobody.
  if (!found && is_set("GOOGLE_APPLICATION_CREDENTIALS")) return tl::unexpected(found.error());
  looked_ = true;
  if (found) {
    credentials_ = *std::move(found);
  } else {
    why_none_ = found.error().message;
  }
  return {};
}

}  // namespace videogen::net
