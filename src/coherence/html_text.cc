#include <algorithm>
#include <charconv>
#include <cstdint>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/file.h"
#include "coherence/html_text_internal.h"

namespace videogen::coherence {

std::string html_text(std::string_view text) {
  constexpr std::size_t kMostBytes = 4000;
  std::string out;
  for (const char c : printable(text, kMostBytes)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string script_text(std::string_view json) {
  std::string out;
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

std::string path_url(std::string_view path) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string out = path.starts_with("/") || path.starts_with("../") ? "" : "./";
  for (const char c : path) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string policy_hash(std::string_view content) {
  Sha256 sha256;
  sha256.update(content);
  const std::string hex = sha256.hex();
  std::string digest;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    std::uint8_t byte = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    digest += static_cast<char>(byte);
  }
  return "sha256-" + base64(digest);
}

std::string filled(std::string_view frame, std::initializer_list<Slot> slots) {
  std::string page;
  while (true) {
    const std::size_t open = frame.find("{{");
    page += frame.substr(0, open);
    if (open == std::string_view::npos) return page;
    const std::size_t close = frame.find("}}", open);
    VIDEOGEN_CHECK(close != std::string_view::npos, "a slot of the page is closed");
    const std::string_view name = frame.substr(open + 2, close - open - 2);
    const auto* slot = std::ranges::find(slots, name, &Slot::name);
    VIDEOGEN_CHECK(slot != slots.end(), "a slot of the page has a value");
    page += slot->value;
    frame.remove_prefix(close + 2);
  }
}

}  // namespace videogen::coherence
