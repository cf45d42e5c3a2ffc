#include "emulator/keys.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/file.h"
#include "base/handle.h"
#include "emulator/private_file.h"

namespace videogen::emulator {
namespace {

using Key = Handle<EVP_PKEY, EVP_PKEY_free>;
using Memory = Handle<BIO, BIO_free_all>;
using DigestContext = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;

constexpr std::string_view kPrefix = "ya29.emulator.";
constexpr std::chrono::seconds kSkew{300};  // a client's clock may be off by so much

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::int64_t now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string random_bytes(std::size_t count) {
  std::vector<unsigned char> bytes(count);
  VIDEOGEN_CHECK(RAND_bytes(bytes.data(), int(count)) == 1, "OpenSSL has random numbers");
  return {bytes.begin(), bytes.end()};
}

std::string pem_of(EVP_PKEY& key) {
  const Memory memory(BIO_new(BIO_s_mem()));
  VIDEOGEN_CHECK(
      PEM_write_bio_PKCS8PrivateKey(memory.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
      "a key can be written to memory");
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

// Base64 for URLs, without padding (RFC 7515, section 2).
std::optional<std::string> from_base64url(std::string_view text) {
  std::string plain(text);
  std::ranges::replace(plain, '-', '+');
  std::ranges::replace(plain, '_', '/');
  while (plain.size() % 4 != 0) plain += '=';
  return from_base64(plain);
}

bool verify(EVP_PKEY& key, std::string_view text, std::string_view signature) {
  const DigestContext context(EVP_MD_CTX_new());
  const auto bytes = [](std::string_view view) {
    return reinterpret_cast<const unsigned char*>(view.data());  // NOLINT
  };
  return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, &key) == 1 &&
         EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(text),
                          text.size()) == 1;
}

}  // namespace

struct Keys::State {
  Key key;
  std::string secret;

  [[nodiscard]] std::string seal(std::string_view text) const {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned length = 0;
    HMAC(EVP_sha256(), secret.data(), int(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()),  // NOLINT
         text.size(), out.data(), &length);
    return hex({reinterpret_cast<const char*>(out.data()), 20});  // NOLINT
  }
};

Keys::Keys(std::unique_ptr<State> state) : state_(std::move(state)) {}
Keys::Keys(Keys&&) noexcept = default;
Keys& Keys::operator=(Keys&&) noexcept = default;
Keys::~Keys() = default;

Result<Keys> Keys::open(const std::filesystem::path& folder) {
  auto state = std::make_unique<State>();
  const auto pem_path = folder / "keys.pem", secret_path = folder / "secret";
  if (std::filesystem::exists(pem_path)) {
    VIDEOGEN_TRY(const std::string pem, read_file(pem_path, 1 << 16));
    const Memory memory(BIO_new_mem_buf(pem.data(), int(pem.size())));
    state->key.reset(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
    if (state->key == nullptr || EVP_PKEY_base_id(state->key.get()) != EVP_PKEY_RSA)
      return fail(ErrorCode::corrupt,
                  fmt::format("{} holds no RSA key", printable(pem_path.string())));
  } else {
    state->key.reset(EVP_RSA_gen(2048));
    VIDEOGEN_CHECK(state->key != nullptr, "OpenSSL makes RSA keys");
    VIDEOGEN_TRY(write_private(pem_path, pem_of(*state->key)));
  }
  if (std::filesystem::exists(secret_path)) {
    VIDEOGEN_TRY(state->secret, read_file(secret_path, 1 << 10));
  } else {
    state->secret = hex(random_bytes(32));
    VIDEOGEN_TRY(write_private(secret_path, state->secret));
  }
  return Keys(std::move(state));
}

std::string Keys::private_key_pem() const { return pem_of(*state_->key); }

std::string Keys::key_id() const { return state_->seal("key id"); }

std::string Keys::issue(std::string_view subject, std::chrono::seconds lifetime) const {
  const std::string text =
      fmt::format("{}.{}.{}", now_s() + lifetime.count(), hex(subject), hex(random_bytes(6)));
  return fmt::format("{}{}.{}", kPrefix, text, state_->seal(text));
}

Keys::Token Keys::check(std::string_view token) const {
  if (!token.starts_with(kPrefix)) return Token::foreign;
  token.remove_prefix(kPrefix.size());
  const auto dot = token.rfind('.');
  if (dot == std::string_view::npos || state_->seal(token.substr(0, dot)) != token.substr(dot + 1))
    return Token::foreign;
  std::int64_t expires = 0;
  std::from_chars(token.data(), token.data() + token.size(), expires);
  return expires > now_s() ? Token::valid : Token::expired;
}

Status Keys::check_assertion(std::string_view jwt, const Expected& expected) const {
  const auto refuse = [](std::string_view why) {
    return fail(ErrorCode::corrupt, std::string(why));
  };
  const auto first = jwt.find('.'), second = jwt.rfind('.');
  if (first == std::string_view::npos || first == second)
    return refuse("Invalid JWT: it must have three parts.");
  const auto head = from_base64url(jwt.substr(0, first)),
             claims_text = from_base64url(jwt.substr(first + 1, second - first - 1)),
             signature = from_base64url(jwt.substr(second + 1));
  if (!head || !claims_text || !signature) return refuse("Invalid JWT: not base64url.");
  const auto header = nlohmann::json::parse(*head, nullptr, false),
             claims = nlohmann::json::parse(*claims_text, nullptr, false);
  if (!header.is_object() || !claims.is_object()) return refuse("Invalid JWT: not JSON.");
  if (header.value("alg", nlohmann::json()) != "RS256")
    return refuse("Invalid JWT: the algorithm must be RS256.");
  if (!verify(*state_->key, jwt.substr(0, second), *signature))
    return refuse("Invalid JWT Signature.");
  if (claims.value("iss", nlohmann::json()) != expected.email)
    return fail(ErrorCode::not_found, "Invalid grant: account not found");
  const auto time = [&claims](const char* name) {
    const auto at = claims.find(name);
    return at != claims.end() && at->is_number() ? std::optional(at->get<double>()) : std::nullopt;
  };
  const auto issued = time("iat"), expires = time("exp");
  const double now = double(now_s()), skew = double(kSkew.count());
  if (!issued || !expires || *issued > now + skew || *expires < now - skew ||
      *expires - *issued > 3600 + 1) {
    return refuse(
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a "
        "reasonable timeframe. Check your iat and exp values in the JWT claim.");
  }
  const bool has_audience = claims.contains("aud"), has_scope = claims.contains("scope");
  if (!expected.audience.empty()) {
    const auto audience = claims.value("aud", nlohmann::json());
    if (audience != expected.audience && audience != "https://oauth2.googleapis.com/token")
      return refuse("Invalid JWT: Failed audience check.");
    if (!has_scope)
      return fail(ErrorCode::unsupported, "Invalid OAuth scope or ID token audience.");
  } else if (claims.value("sub", nlohmann::json()) != expected.email || has_audience == has_scope) {
    return refuse("Invalid self-signed JWT: sub is iss, and either aud or scope is given.");
  }
  return {};
}

}  // namespace videogen::emulator
