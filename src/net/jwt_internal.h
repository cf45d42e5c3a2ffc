// Signed claims of a service account (RFC 7519, RFC 7515), RS256 by OpenSSL.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "net/secret.h"

namespace videogen::net {

// Whether it is a private RSA key in PEM. Errors: corrupt, as the end of a sentence ("… is no
// private key in PEM").
[[nodiscard]] Status check_rsa_key(const Secret& pem);

// Header and claims are JSON. Errors: as check_rsa_key().
[[nodiscard]] Result<Secret> signed_jwt(std::string_view header, std::string_view claims,
                                        const Secret& pem);

// Without padding (RFC 4648, section 5).
[[nodiscard]] std::string base64url(std::string_view bytes);

}  // namespace videogen::net
