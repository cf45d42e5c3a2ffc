#include "net/secret.h"

#include <cstring>
#include <mutex>

#include <openssl/crypto.h>

#include "base/error.h"

namespace videogen::net {
namespace {

// Locked, and left out of core dumps. Where it cannot be had (RLIMIT_MEMLOCK), or is full,
// OpenSSL gives ordinary memory, which it wipes all the same.
void prepare_secure_heap() {
  static std::once_flag once;
  std::call_once(once, [] { CRYPTO_secure_malloc_init(std::size_t{1} << 18, 32); });
}

}  // namespace

class Secret::Bytes {
 public:
  explicit Bytes(std::string_view text) : size_(text.size()) {
    prepare_secure_heap();
    data_ = static_cast<char*>(OPENSSL_secure_malloc(size_));
    if (data_ == nullptr) {
      heap_ = false;
      data_ = static_cast<char*>(OPENSSL_malloc(size_));
    }
    VIDEOGEN_CHECK(data_ != nullptr, "memory for a secret");
    std::memcpy(data_, text.data(), size_);
  }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  ~Bytes() {
    if (heap_) {
      OPENSSL_secure_clear_free(data_, size_);
    } else {
      OPENSSL_clear_free(data_, size_);
    }
  }
  [[nodiscard]] std::string_view view() const { return {data_, size_}; }

 private:
  char* data_ = nullptr;
  std::size_t size_;
  bool heap_ = true;
};

Secret::Secret(std::string_view text) {
  if (!text.empty()) bytes_ = std::make_shared<const Bytes>(text);
}

Secret Secret::taken_from(std::string& text) {
  Secret secret(text);
  wipe(text);
  return secret;
}

std::string_view Secret::reveal() const { return bytes_ ? bytes_->view() : std::string_view(); }

void wipe(std::string& text) {
  text.resize(text.capacity());  // stays where it is
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

}  // namespace videogen::net
