#include "generate/support_codes.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace videogen::generate {
namespace {

struct Meaning {
  int code;
  std::string_view words;
};

constexpr auto kMeanings = std::to_array<Meaning>({{58061214, "a child"},
                                                   {17301594, "a child"},
                                                   {29310472, "a celebrity"},
                                                   {15236754, "a celebrity"},
                                                   {62263041, "dangerous content"},
                                                   {57734940, "hate"},
                                                   {22137204, "hate"},
                                                   {39322892, "people or faces"},
                                                   {92201652, "personal information"},
                                                   {89371032, "prohibited content"},
                                                   {49114662, "prohibited content"},
                                                   {72817394, "prohibited content"},
                                                   {90789179, "sexual content"},
                                                   {63429089, "sexual content"},
                                                   {43188360, "sexual content"},
                                                   {78610348, "toxic language"},
                                                   {61493863, "violence"},
                                                   {56562880, "violence"},
                                                   {74803281, "other content"},
                                                   {29578790, "other content"},
                                                   {42876398, "other content"}});

}  // namespace

std::vector<int> support_codes_of(std::string_view message) {
  constexpr std::string_view kMark = "upport code";
  constexpr std::size_t kMost = 64;
  std::vector<int> codes;
  for (auto at = message.find(kMark); at != std::string_view::npos; at = message.find(kMark)) {
    message.remove_prefix(at + kMark.size());
    if (message.starts_with('s')) message.remove_prefix(1);
    if (!message.starts_with(':')) continue;
    message.remove_prefix(1);
    while (codes.size() < kMost) {
      const auto digit = message.find_first_not_of(" ,");
      if (digit == std::string_view::npos) break;
      int code = 0;
      const auto [end, error] =
          std::from_chars(message.data() + digit, message.data() + message.size(), code);
      if (error != std::errc() || code <= 0) break;
      if (std::ranges::find(codes, code) == codes.end()) codes.push_back(code);
      message.remove_prefix(static_cast<std::size_t>(end - message.data()));
    }
  }
  return codes;
}

std::string_view meaning_of(int support_code) {
  const auto* found = std::ranges::find(kMeanings, support_code, &Meaning::code);
  return found == kMeanings.end() ? std::string_view() : found->words;
}

std::string explained(std::span<const int> support_codes) {
  std::string text;
  for (const int code : support_codes) {
    const std::string_view meaning = meaning_of(code);
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", code,
                        meaning.empty() ? "a code that is not known here" : meaning);
  }
  return text;
}

}  // namespace videogen::generate
