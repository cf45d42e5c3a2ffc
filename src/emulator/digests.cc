#include "emulator/digests.h"

#include <fstream>
#include <span>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/handle.h"
#include "net/crc32c.h"

namespace videogen::emulator {
namespace {

using DigestContext = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;

class Summing {
 public:
  Summing() : md5_(EVP_MD_CTX_new()) {
    VIDEOGEN_CHECK(md5_ != nullptr && EVP_DigestInit_ex(md5_.get(), EVP_md5(), nullptr) == 1,
                   "OpenSSL has MD5");
  }
  void update(std::string_view bytes) {
    crc_.update(std::as_bytes(std::span(bytes)));
    EVP_DigestUpdate(md5_.get(), bytes.data(), bytes.size());
    sha256_.update(bytes);
    bytes_ += bytes.size();
  }
  Checksums finish() {
    std::string md5(EVP_MAX_MD_SIZE, '\0');
    unsigned length = 0;
    EVP_DigestFinal_ex(md5_.get(), reinterpret_cast<unsigned char*>(md5.data()),
                       &length);  // NOLINT
    md5.resize(length);
    return {net::crc32c_text(crc_.value()), base64(md5), sha256_.hex(), bytes_};
  }

 private:
  net::Crc32c crc_;
  DigestContext md5_;
  Sha256 sha256_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

Checksums checksums_of(std::string_view bytes) {
  Summing sums;
  sums.update(bytes);
  return sums.finish();
}

Result<Checksums> checksums_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return fail(ErrorCode::not_found, fmt::format("cannot open {}", printable(path.string())));
  Summing sums;
  std::vector<char> piece(1 << 20);
  while (file) {
    file.read(piece.data(), std::streamsize(piece.size()));
    sums.update({piece.data(), static_cast<std::size_t>(file.gcount())});
  }
  if (file.bad())
    return fail(ErrorCode::unreachable, fmt::format("cannot read {}", printable(path.string())));
  return sums.finish();
}

}  // namespace videogen::emulator
