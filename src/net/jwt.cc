#include "net/jwt_internal.h"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/base64.h"
#include "base/handle.h"

namespace videogen::net {
namespace {

using Key = Handle<EVP_PKEY, EVP_PKEY_free>;

// An encrypted key gets no password, instead of a question on the terminal.
int no_password(char* /*into*/, int /*size*/, int /*writing*/, void* /*self*/) { return 0; }

Result<Key> read_key(const Secret& pem) {
  const std::string_view text = pem.reveal();
  const Handle<BIO, BIO_free_all> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  Key key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr) : nullptr);
  ERR_clear_error();
  if (key == nullptr) return fail(ErrorCode::corrupt, "no private key in PEM (is it cut off?)");
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
    return fail(ErrorCode::corrupt, "no RSA key, which RS256 needs");
  return key;
}

}  // namespace

std::string base64url(std::string_view bytes) {
  std::string text = base64(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  text.erase(std::min(text.find('='), text.size()));
  return text;
}

Status check_rsa_key(const Secret& pem) {
  VIDEOGEN_TRY([[maybe_unused]] const Key key, read_key(pem));
  return {};
}

Result<Secret> signed_jwt(std::string_view header, std::string_view claims, const Secret& pem) {
  VIDEOGEN_TRY(const Key key, read_key(pem));
  std::string text = fmt::format("{}.{}", base64url(header), base64url(claims));
  const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::string signature;
  std::size_t size = 0;
  bool good = context &&
              EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
              EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) == 1;
  if (good) {
    signature.resize(size);
    good = EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                          bytes, text.size()) == 1;
  }
  ERR_clear_error();
  if (!good) return fail(ErrorCode::corrupt, "a key that cannot sign (is it too short?)");
  signature.resize(size);
  text += "." + base64url(signature);
  return Secret::taken_from(text);
}

}  // namespace videogen::net
