// How each kind of account gets an access token.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/error.h"
#include "net/google_key_file_internal.h"
#include "net/http_client.h"
#include "net/secret.h"
#include "net/timing.h"

namespace videogen::net {

struct GrantedToken {
  Secret token;
  std::chrono::seconds lifetime{0};
};

// Errors: as GoogleCredentials::token().
[[nodiscard]] Result<GrantedToken> token_of_file(const KeyFile& file, std::string_view scope,
                                                 const HttpClient& client, const Timing& timing,
                                                 const std::stop_token& stop);
// `host` as in GCE_METADATA_HOST.
[[nodiscard]] Result<GrantedToken> token_of_metadata_server(const std::string& host,
                                                            std::string_view scope,
                                                            const HttpClient& client,
                                                            const Timing& timing,
                                                            const std::stop_token& stop);

}  // namespace videogen::net
