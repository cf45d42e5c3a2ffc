// CLIP's byte-pair tokenizer; ids equal those of Hugging Face's fast tokenizer.
//
// NFC, white space collapsed, lower-cased code point by code point; split by CLIP's pattern;
// byte-level BPE with "</w>". Immutable once loaded; threads may share it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace videogen::embed {

class Tokenizer {
 public:
  // Reads tokenizer.json, or vocab.json with merges.txt, from `folder`.
  // Errors: not_found, unreachable, corrupt, unsupported (a tokenizer.json that describes
  // another pipeline than CLIP's), limit; each names the file and the fact.
  static Result<Tokenizer> load(const std::filesystem::path& folder);
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // Start token, text, end token; cut to `max_length` ids, the last one always the end token.
  // Special tokens written in the text are recognised, as Hugging Face does. Ill-formed UTF-8
  // is read as U+FFFD. At least 2 ids; of longer texts only the first 16 MiB are read.
  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text,
                                                 std::size_t max_length = 77) const;
  [[nodiscard]] std::int32_t start_id() const;
  [[nodiscard]] std::int32_t end_id() const;
  [[nodiscard]] std::int32_t largest_id() const;

 private:
  struct State;
  explicit Tokenizer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace videogen::embed
