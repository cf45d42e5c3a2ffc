#include "serve/tokens.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/file.h"

namespace videogen::serve {
namespace {

constexpr std::size_t kMostFileBytes = std::size_t{1} << 20;
constexpr std::size_t kDigitsOfATenant = 12;

std::string digest_of(std::string_view token) {
  Sha256 sha;
  sha.update(token);
  return sha.hex();
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const auto end = std::min(line.find_first_of(" \t\r"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

bool visible(std::string_view word) {
  return std::ranges::all_of(word, [](char c) { return c > 0x20 && c < 0x7F; });
}

// Every byte is looked at, whatever the first ones are.
bool same(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return difference == 0;
}

}  // namespace

Result<Tokens> Tokens::load(const std::filesystem::path& file) {
  VIDEOGEN_TRY(const std::string text, read_file(file, kMostFileBytes));
  return parse(text, file.string());
}

Result<Tokens> Tokens::parse(std::string_view text, std::string_view source) {
  Current::List known;
  int number = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    const auto words = words_of(line);
    if (words.empty() || words.front().starts_with('#')) continue;
    // What is wrong with a line is said without showing it: it may be a secret.
    const auto wrong = [&](std::string_view what) {
      return fail(ErrorCode::usage,
                  fmt::format("{}, line {}: {}", printable(source), number, what));
    };
    if (words.size() > 2) return wrong("expected TOKEN or NAME TOKEN");
    if (!std::ranges::all_of(words, visible))
      return wrong("only visible ASCII characters can be sent in a header");
    std::string digest = digest_of(words.back());
    if (std::ranges::any_of(known, [&](const Known& k) { return k.digest == digest; }))
      return wrong("this token stands here twice");
    std::string tenant = words.size() == 2 ? std::string(words.front())
                                           : "token-" + digest.substr(0, kDigitsOfATenant);
    known.push_back({std::move(digest), std::move(tenant)});
  }
  if (known.empty())
    return fail(ErrorCode::usage,
                fmt::format("{} has no token: write one a line", printable(source)));
  Tokens tokens;
  tokens.known_->set(std::make_shared<const Current::List>(std::move(known)));
  return tokens;
}

Result<std::size_t> Tokens::reload(const std::filesystem::path& file) {
  VIDEOGEN_TRY(const Tokens fresh, load(file));
  auto list = fresh.known_->get();
  const std::size_t count = list->size();
  known_->set(std::move(list));
  return count;
}

std::optional<std::string> Tokens::tenant(std::string_view token) const {
  const std::string digest = digest_of(token);
  std::optional<std::string> found;
  const auto list = known_->get();
  for (const Known& known : *list)
    if (same(known.digest, digest)) found = known.tenant;
  return found;
}

}  // namespace videogen::serve
