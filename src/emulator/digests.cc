#include "emulator/digests.h"

#include <array>
#include <fstream>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/handle.h"

namespace videogen::emulator {
namespace {

using DigestContext = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;

// Eight tables: eight bytes a step.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;
constexpr Tables make_tables() {
  constexpr std::uint32_t kPolynomial = 0x82F63B78;  // reflected
  Tables tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? kPolynomial : 0);
    tables[0][i] = value;
  }
  for (std::uint32_t i = 0; i < 256; ++i)
    for (std::size_t t = 1; t < tables.size(); ++t)
      tables[t][i] = (tables[t - 1][i] >> 8) ^ tables[0][tables[t - 1][i] & 255];
  return tables;
}
constexpr Tables kTables = make_tables();

class Summing {
 public:
  Summing() : md5_(EVP_MD_CTX_new()) {
    VIDEOGEN_CHECK(md5_ != nullptr && EVP_DigestInit_ex(md5_.get(), EVP_md5(), nullptr) == 1,
                   "OpenSSL has MD5");
  }
  void update(std::string_view bytes) {
    crc_ = crc32c(bytes, crc_);
    EVP_DigestUpdate(md5_.get(), bytes.data(), bytes.size());
    sha256_.update(bytes);
    bytes_ += bytes.size();
  }
  Checksums finish() {
    std::string crc;
    for (int shift = 24; shift >= 0; shift -= 8) crc += static_cast<char>(crc_ >> shift & 255);
    std::string md5(EVP_MAX_MD_SIZE, '\0');
    unsigned length = 0;
    EVP_DigestFinal_ex(md5_.get(), reinterpret_cast<unsigned char*>(md5.data()), &length);  // NOLINT
    md5.resize(length);
    return {base64(crc), base64(md5), sha256_.hex(), bytes_};
  }

 private:
  std::uint32_t crc_ = 0;
  DigestContext md5_;
  Sha256 sha256_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
  std::uint32_t crc = ~before;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    const std::uint32_t low = crc ^ (std::uint32_t{byte(i)} | std::uint32_t{byte(i + 1)} << 8 |
                                     std::uint32_t{byte(i + 2)} << 16 |
                                     std::uint32_t{byte(i + 3)} << 24);
    crc = kTables[7][low & 255] ^ kTables[6][low >> 8 & 255] ^ kTables[5][low >> 16 & 255] ^
          kTables[4][low >> 24] ^ kTables[3][byte(i + 4)] ^ kTables[2][byte(i + 5)] ^
          kTables[1][byte(i + 6)] ^ kTables[0][byte(i + 7)];
  }
  for (; i < bytes.size(); ++i) crc = (crc >> 8) ^ kTables[0][(crc ^ byte(i)) & 255];
  return ~crc;
}

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
