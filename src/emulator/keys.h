// Keys and tokens of the emulator's accounts: it signs nothing, it checks what clients signed.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace videogen::emulator {

class Keys {
 public:
  // Reads "keys.pem" and "secret" of a folder, or makes them (mode 0600).
  // Errors: as read_file and AtomicFile; corrupt (no RSA key).
  static Result<Keys> open(const std::filesystem::path& folder);
  Keys(Keys&&) noexcept;
  Keys& operator=(Keys&&) noexcept;
  ~Keys();

  [[nodiscard]] std::string private_key_pem() const;
  [[nodiscard]] std::string key_id() const;

  // A token for a caller, good for so long. Any of this emulator's tokens is as good after a
  // restart; nothing is stored.
  [[nodiscard]] std::string issue(std::string_view subject, std::chrono::seconds lifetime) const;
  enum class Token { valid, expired, foreign };
  [[nodiscard]] Token check(std::string_view token) const;

  // A service account's assertion: RS256 by our key, `iss` our account, `aud` as given or
  // Google's own token endpoint (google-auth says that, whatever the file's token_uri), `iat`
  // and `exp` around now, an hour apart at most. The reason, as Google words it, is the
  // message of the error (corrupt).
  struct Expected {
    std::string email;
    std::string audience;  // empty: a self-signed token, with an audience or a scope of its own
  };
  [[nodiscard]] Status check_assertion(std::string_view jwt, const Expected& expected) const;

 private:
  struct State;
  explicit Keys(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace videogen::emulator
