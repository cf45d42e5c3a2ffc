// What the files of a tokenizer say, checked but not yet built.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "embed/byte_pairs_internal.h"

namespace videogen::embed {

// A token that is recognised in the text itself, before it is cut into words.
struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  // Looked for in the cleaned text (and cleaned itself), or in the text as it came.
  bool normalized = true;
};

struct TokenizerParts {
  Vocabulary vocabulary;
  std::vector<MergeRule> rules;
  BytePairs::Options options;
  std::vector<AddedToken> added;
  std::int32_t start_id = 0;
  std::int32_t end_id = 0;
};

constexpr std::size_t kMaxTokenizerFileBytes = std::size_t{32} << 20;

// Errors of both: as read_file; corrupt, unsupported, limit, each naming the file and the fact.
[[nodiscard]] Result<TokenizerParts> read_tokenizer_json(const std::filesystem::path& file);
[[nodiscard]] Result<TokenizerParts> read_vocabulary_and_merges(
    const std::filesystem::path& vocabulary_file, const std::filesystem::path& merges_file);

}  // namespace videogen::embed
