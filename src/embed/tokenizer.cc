#include "embed/tokenizer.h"

#include <algorithm>
#include <limits>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "embed/byte_pairs_internal.h"
#include "embed/text_words_internal.h"
#include "embed/tokenizer_parts_internal.h"

namespace videogen::embed {
namespace {

constexpr std::size_t kMaxTextBytes = std::size_t{16} << 20;

// Finds the leftmost of some tokens in a text, the longest of those that start there. Each
// token's next place is remembered, so a text is searched once for each token.
template <class Text, class View = std::basic_string_view<typename Text::value_type>>
class TokenFinder {
 public:
  struct Token {
    Text content;
    std::int32_t id;
  };
  struct Match {
    std::size_t begin;
    std::size_t end;
    std::int32_t id;
  };

  TokenFinder(const std::vector<Token>& tokens, View text)
      : tokens_(tokens), text_(text), places_(tokens.size(), 0) {
    for (std::size_t i = 0; i < tokens.size(); ++i) places_[i] = text.find(tokens[i].content);
  }

  // begin == end == text.size() after the last one.
  Match next(std::size_t from) {
    Match best{text_.size(), text_.size(), 0};
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      std::size_t& place = places_[i];
      if (place < from) place = text_.find(tokens_[i].content, from);
      if (place == View::npos) continue;
      const std::size_t end = place + tokens_[i].content.size();
      if (place < best.begin || (place == best.begin && end > best.end)) {
        best = {place, end, tokens_[i].id};
      }
    }
    return best;
  }

 private:
  const std::vector<Token>& tokens_;
  View text_;
  std::vector<std::size_t> places_;
};

using RawFinder = TokenFinder<std::string>;
using CleanFinder = TokenFinder<std::u32string>;

std::string_view first_bytes(std::string_view text) {
  if (text.size() <= kMaxTextBytes) return text;
  std::size_t length = kMaxTextBytes;
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0U) == 0x80U) --length;
  return text.substr(0, length);
}

Result<TokenizerParts> read_parts(const std::filesystem::path& folder,
                                  std::filesystem::path& merges_file) {
  const auto exists = [](const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::symlink_status(path, ignored).type() !=
           std::filesystem::file_type::not_found;
  };
  const std::filesystem::path single = folder / "tokenizer.json";
  const std::filesystem::path vocabulary = folder / "vocab.json";
  if (exists(single)) {
    merges_file = single;
    return read_tokenizer_json(single);
  }
  if (!exists(vocabulary)) {
    return fail(ErrorCode::not_found,
                fmt::format("{} has no tokenizer (neither tokenizer.json nor vocab.json)",
                            printable(folder.string())));
  }
  merges_file = folder / "merges.txt";
  return read_vocabulary_and_merges(vocabulary, merges_file);
}

}  // namespace

struct Tokenizer::State {
  BytePairs pairs;
  std::vector<RawFinder::Token> raw_tokens;
  std::vector<CleanFinder::Token> clean_tokens;
  std::int32_t start_id = 0;
  std::int32_t end_id = 0;
  std::int32_t largest_id = 0;

  // Both stop once `ids` holds `limit` of them or a few more.
  void encode_raw(std::string_view text, std::size_t limit, std::vector<std::int32_t>& ids) const {
    RawFinder finder(raw_tokens, text);
    for (std::size_t at = 0; at < text.size() && ids.size() < limit;) {
      const RawFinder::Match match = finder.next(at);
      encode_clean(normalize_text(text.substr(at, match.begin - at)), limit, ids);
      if (match.end > match.begin) ids.push_back(match.id);
      at = match.end;
    }
  }

  void encode_clean(std::u32string_view text, std::size_t limit,
                    std::vector<std::int32_t>& ids) const {
    CleanFinder finder(clean_tokens, text);
    for (std::size_t at = 0; at < text.size() && ids.size() < limit;) {
      const CleanFinder::Match match = finder.next(at);
      encode_words(text.substr(at, match.begin - at), limit, ids);
      if (match.end > match.begin) ids.push_back(match.id);
      at = match.end;
    }
  }

  void encode_words(std::u32string_view text, std::size_t limit,
                    std::vector<std::int32_t>& ids) const {
    for (Word word = next_word(text, 0); word.begin < text.size() && ids.size() < limit;
         word = next_word(text, word.end)) {
      pairs.encode(to_utf8(text.substr(word.begin, word.end - word.begin)), ids);
    }
  }
};

Tokenizer::Tokenizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::load(const std::filesystem::path& folder) {
  std::filesystem::path merges_file;
  VIDEOGEN_TRY(const TokenizerParts parts, read_parts(folder, merges_file));
  auto pairs = BytePairs::make(parts.vocabulary, parts.rules, parts.options);
  if (!pairs) {
    return fail(pairs.error().code,
                fmt::format("{}: {}", printable(merges_file.string()), pairs.error().message));
  }
  auto state = std::make_unique<State>();
  state->pairs = *std::move(pairs);
  state->start_id = parts.start_id;
  state->end_id = parts.end_id;
  for (const auto& [token, id] : parts.vocabulary) {
    state->largest_id = std::max(state->largest_id, id);
  }
  for (const AddedToken& token : parts.added) {
    state->largest_id = std::max(state->largest_id, token.id);
    if (token.normalized) {
      state->clean_tokens.push_back({normalize_text(token.content), token.id});
    } else {
      state->raw_tokens.push_back({token.content, token.id});
    }
  }
  return Tokenizer(std::move(state));
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text, std::size_t max_length) const {
  VIDEOGEN_CHECK(max_length >= 2, "no room for the start and the end token");
  const std::size_t limit = max_length - 1;
  std::vector<std::int32_t> ids{state_->start_id};
  state_->encode_raw(first_bytes(text), limit, ids);
  if (ids.size() > limit) ids.resize(limit);
  ids.push_back(state_->end_id);
  return ids;
}

std::int32_t Tokenizer::start_id() const { return state_->start_id; }
std::int32_t Tokenizer::end_id() const { return state_->end_id; }
std::int32_t Tokenizer::largest_id() const { return state_->largest_id; }

}  // namespace videogen::embed
