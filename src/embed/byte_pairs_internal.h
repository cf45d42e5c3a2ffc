// Byte-pair encoding of one word, as Hugging Face's tokenizers does it.
//
// Immutable once made; encode() may be called by several threads.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"

namespace videogen::embed {

using Vocabulary = std::unordered_map<std::string, std::int32_t>;
struct MergeRule {
  std::string left;
  std::string right;
};

class BytePairs {
 public:
  struct Options {
    std::string end_of_word = "</w>";
    std::string unknown;        // stands for bytes that the vocabulary lacks; empty: they vanish
    bool fuse_unknown = false;  // one for a run of such bytes
  };
  // Earlier rules win. A rule's parts and their union must be in the vocabulary.
  // Errors: corrupt, one line without the file's name.
  static Result<BytePairs> make(const Vocabulary& vocabulary, const std::vector<MergeRule>& rules,
                                const Options& options);

  // Appends the ids of one word, given as UTF-8. O(n log n) in its bytes.
  void encode(std::string_view word, std::vector<std::int32_t>& ids) const;

 private:
  static constexpr std::int32_t kNone = -1;
  struct Merge {
    std::int32_t rank;
    std::int32_t id;
  };
  class Merger;
  [[nodiscard]] std::vector<std::int32_t> symbols(std::string_view word) const;
  [[nodiscard]] const Merge* find(std::int32_t left, std::int32_t right) const;

  std::array<std::int32_t, 256> inner_{};  // id of a byte inside a word, or kNone
  std::array<std::int32_t, 256> last_{};   // of a word's last byte
  std::int32_t unknown_ = kNone;
  bool fuse_unknown_ = false;
  std::unordered_map<std::uint64_t, Merge> merges_;  // by the pair of ids
};

// The printable character that stands for a byte in a vocabulary file (GPT-2's
// bytes_to_unicode), as UTF-8.
[[nodiscard]] std::string byte_symbol(std::uint8_t byte);

}  // namespace videogen::embed
