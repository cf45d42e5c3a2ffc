#include "base/base64.h"

#include <openssl/evp.h>

namespace videogen {

std::string base64(std::string_view bytes) {
  // OpenSSL counts in int: whole groups of three bytes at a time, so that padding ends it only.
  constexpr std::size_t kChunk = std::size_t{3} << 20;
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::string encoded(kChunk / 3 * 4 + 1, '\0');  // and the zero that OpenSSL appends
  for (std::size_t at = 0; at < bytes.size(); at += kChunk) {
    const std::string_view chunk = bytes.substr(at, kChunk);
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                     reinterpret_cast<const unsigned char*>(chunk.data()),
                                     static_cast<int>(chunk.size()));
    text.append(encoded, 0, static_cast<std::size_t>(size));
  }
  return text;
}

}  // namespace videogen
