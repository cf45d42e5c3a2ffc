// What a file of Google credentials says.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"
#include "net/headers.h"
#include "net/secret.h"

namespace videogen::net {

struct ServiceAccountKey {
  std::string email, key_id;
  Secret private_key;  // PEM, checked to be an RSA key
  std::string token_uri;
};

struct AuthorizedUser {
  std::string client_id;
  Secret client_secret, refresh_token;
  std::string token_uri;
};

// Where an external account's own token comes from.
struct SubjectTokenSource {
  enum class Kind { file, url, executable } kind = Kind::file;
  std::string location{};  // path, address or command line
  Headers headers{};       // of a request to the address
  std::string field{};     // of the JSON that holds the token; empty: the text is the token
  std::string output_file{};
  std::chrono::milliseconds timeout{30'000};  // of the command
};

struct ExternalAccount {
  std::string audience, subject_token_type, token_url;
  SubjectTokenSource source;
};

struct KeyFile {
  std::variant<ServiceAccountKey, AuthorizedUser, ExternalAccount> account;
  // Where not empty: the token of `account` is exchanged for one of another service account.
  std::string impersonation_url{};
  int impersonation_lifetime_s = 3600;
  std::string project{}, quota_project{};
};

// Errors: corrupt (no JSON; a field that is missing or wrong; a bad key), unsupported (a type
// that is not known here). Each names the file by `named`; none quotes a value.
[[nodiscard]] Result<KeyFile> parse_key_file(std::string_view json, std::string_view named);

}  // namespace videogen::net
