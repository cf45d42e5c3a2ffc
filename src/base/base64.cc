#include "base/base64.h"

#include <algorithm>

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

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.empty()) return std::string();
  // OpenSSL forgives spaces around the text, and decodes padding as zeros.
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const std::string_view digits = text.substr(0, text.size() - padding);
  const auto is_digit = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  };
  if (!std::ranges::all_of(digits, is_digit)) return std::nullopt;
  constexpr std::size_t kChunk = std::size_t{4} << 20;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::string decoded(kChunk / 4 * 3, '\0');
  for (std::size_t at = 0; at < text.size(); at += kChunk) {
    const std::string_view chunk = text.substr(at, kChunk);
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                                     reinterpret_cast<const unsigned char*>(chunk.data()),
                                     static_cast<int>(chunk.size()));
    if (size < 0) return std::nullopt;
    bytes.append(decoded, 0, static_cast<std::size_t>(size));
  }
  // Bits that say nothing must be zero: one text for the same bytes, or a checksum has several.
  for (std::size_t at = bytes.size() - padding; at < bytes.size(); ++at)
    if (bytes[at] != '\0') return std::nullopt;
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace videogen
