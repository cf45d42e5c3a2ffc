// The token that an external account's own identity provider gave it.
#pragma once

#include <stop_token>

#include "base/error.h"
#include "net/google_key_file_internal.h"
#include "net/http_client.h"
#include "net/secret.h"
#include "net/timing.h"

namespace videogen::net {

// Reads the file, asks the address or runs the command; the last only where
// GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES is 1.
// Errors: not_found, unreachable, corrupt (no token in it), unsupported (a command that is not
// allowed), interrupted.
[[nodiscard]] Result<Secret> subject_token(const ExternalAccount& account, const HttpClient& client,
                                           const Timing& timing, const std::stop_token& stop);

}  // namespace videogen::net
