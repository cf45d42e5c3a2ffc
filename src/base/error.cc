#include "base/error.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>

#include <fmt/format.h>

namespace videogen {
namespace {

struct CodeRow {
  ErrorCode code;
  std::string_view name;
  int exit_status;
};

// One table maps codes to everything that leaves the process.
constexpr std::array<CodeRow, 10> kCodes{{
    {ErrorCode::usage, "usage", 2},
    {ErrorCode::corrupt, "corrupt", 3},
    {ErrorCode::unsupported, "unsupported", 3},
    {ErrorCode::limit, "limit", 3},
    {ErrorCode::not_found, "not_found", 4},
    {ErrorCode::unreachable, "unreachable", 4},
    {ErrorCode::unwritable, "unwritable", 4},
    {ErrorCode::interrupted, "interrupted", 5},
    {ErrorCode::budget, "budget", 6},
    {ErrorCode::internal, "internal", 70},
}};

const CodeRow& row(ErrorCode code) {
  const auto* found =
      std::find_if(kCodes.begin(), kCodes.end(), [&](const CodeRow& r) { return r.code == code; });
  VIDEOGEN_CHECK(found != kCodes.end(), "every error code has a row");
  return *found;
}

// Length of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto follows = [&](std::size_t n) {
    if (text.size() < n + 1) return false;
    for (std::size_t i = 1; i <= n; ++i)
      if ((byte(i) & 0xC0) != 0x80) return false;
    return true;
  };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF && follows(1)) return 2;
  if (first >= 0xE0 && first <= 0xEF && follows(2)) {
    if (first == 0xE0 && byte(1) < 0xA0) return 0;
    if (first == 0xED && byte(1) > 0x9F) return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4 && follows(3)) {
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    if (first == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

}  // namespace

int exit_status(ErrorCode code) { return row(code).exit_status; }

std::string_view name(ErrorCode code) { return row(code).name; }

int worse_exit_status(int a, int b) {
  constexpr std::array<int, 8> kWorstFirst{70, 5, 2, 3, 4, 6, 1, 0};
  const auto* worst = std::find_if(kWorstFirst.begin(), kWorstFirst.end(),
                                   [&](int status) { return status == a || status == b; });
  VIDEOGEN_CHECK(worst != kWorstFirst.end(), "an exit status that INTERFACE does not list");
  return *worst;
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  while (!text.empty()) {
    if (out.size() >= limit) {
      out += "…";
      break;
    }
    const std::size_t length = utf8_length(text);
    const auto first = static_cast<std::uint8_t>(text[0]);
    // C1 controls (U+0080…U+009F) move a terminal's cursor, too.
    const bool c1_control =
        length == 2 && first == 0xC2 && static_cast<std::uint8_t>(text[1]) < 0xA0;
    if (length == 0 || first < 0x20 || first == 0x7F) {
      out += fmt::format("\\x{:02x}", first);
      text.remove_prefix(1);
    } else if (c1_control) {
      out += fmt::format("\\xc2\\x{:02x}", static_cast<std::uint8_t>(text[1]));
      text.remove_prefix(2);
    } else {
      out += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return out;
}

void broken_invariant(const char* condition, std::string_view message, std::source_location where) {
  throw std::logic_error(
      fmt::format("{}:{}: {} ({})", where.file_name(), where.line(), message, condition));
}

}  // namespace videogen
