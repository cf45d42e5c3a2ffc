// Reads vocab.json and merges.txt, the layout that CLIP was first published in.
#include <limits>
#include <unordered_map>

#include <fmt/format.h>

#include "base/file.h"
#include "embed/json_file_internal.h"
#include "embed/tokenizer_parts_internal.h"
#include "embed/vocabulary_internal.h"

namespace videogen::embed {
namespace {

constexpr const char* kStart = "<|startoftext|>";
constexpr const char* kEnd = "<|endoftext|>";

// Lines that start with "#version" are a header wherever they stand, as in tokenizers.
Result<std::vector<MergeRule>> parse_merges(std::string_view text,
                                            const std::filesystem::path& file) {
  std::vector<MergeRule> rules;
  for (std::size_t begin = 0, line = 1; begin < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view content = text.substr(begin, end - begin);
    if (content.ends_with('\r')) content.remove_suffix(1);
    begin = end + 1;
    if (content.starts_with("#version") || (content.empty() && begin >= text.size())) continue;
    VIDEOGEN_TRY(MergeRule rule, parse_merge(content, file, fmt::format("line {}", line)));
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace

Result<Vocabulary> parse_vocabulary(const nlohmann::json& object,
                                    const std::filesystem::path& file) {
  const std::string name = printable(file.string());
  if (!object.is_object()) {
    return fail(ErrorCode::corrupt, fmt::format("{}: the vocabulary is not a JSON object", name));
  }
  Vocabulary vocabulary;
  vocabulary.reserve(object.size());
  std::unordered_map<std::int32_t, const std::string*> owners;
  owners.reserve(object.size());
  for (const auto& [token, id] : object.items()) {
    if (!id.is_number_integer() || id < 0 || id > std::numeric_limits<std::int32_t>::max()) {
      return fail(ErrorCode::corrupt,
                  fmt::format("{}: the id of '{}' is not a whole number of 0 to 2147483647", name,
                              printable(token, 60)));
    }
    const auto value = id.get<std::int32_t>();
    if (const auto [owner, is_new] = owners.emplace(value, &token); !is_new) {
      return fail(ErrorCode::corrupt,
                  fmt::format("{}: '{}' and '{}' have the same id {}", name,
                              printable(*owner->second, 60), printable(token, 60), value));
    }
    vocabulary.emplace(token, value);
  }
  return vocabulary;
}

Result<MergeRule> parse_merge(std::string_view text, const std::filesystem::path& file,
                              std::string_view where) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos || space == 0 || space + 1 == text.size() ||
      text.find(' ', space + 1) != std::string_view::npos) {
    return fail(ErrorCode::corrupt,
                fmt::format("{}: {} is '{}', expected two tokens and a space between them",
                            printable(file.string()), where, printable(text, 60)));
  }
  return MergeRule{std::string(text.substr(0, space)), std::string(text.substr(space + 1))};
}

Result<TokenizerParts> read_vocabulary_and_merges(const std::filesystem::path& vocabulary_file,
                                                  const std::filesystem::path& merges_file) {
  TokenizerParts parts;
  VIDEOGEN_TRY(const auto object, read_json(vocabulary_file, kMaxTokenizerFileBytes));
  VIDEOGEN_TRY(parts.vocabulary, parse_vocabulary(object, vocabulary_file));
  VIDEOGEN_TRY(const std::string merges, read_file(merges_file, kMaxTokenizerFileBytes));
  if (merges.empty()) {
    return fail(ErrorCode::corrupt,
                fmt::format("{} is empty: no merges", printable(merges_file.string())));
  }
  VIDEOGEN_TRY(parts.rules, parse_merges(merges, merges_file));
  for (const char* token : {kStart, kEnd}) {
    const auto found = parts.vocabulary.find(token);
    if (found == parts.vocabulary.end()) {
      return fail(ErrorCode::corrupt,
                  fmt::format("{} lacks {}", printable(vocabulary_file.string()), token));
    }
    parts.added.push_back({token, found->second, true});
  }
  parts.start_id = parts.added.front().id;
  parts.end_id = parts.added.back().id;
  parts.options.unknown = kEnd;
  return parts;
}

}  // namespace videogen::embed
