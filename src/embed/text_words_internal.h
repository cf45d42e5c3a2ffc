// How CLIP's tokenizer cleans text and cuts it into words, before any vocabulary comes in.
//
// After Hugging Face's tokenizers, whose pipeline for CLIP is: NFC; Replace(\s+ by a space);
// Lowercase; Split by
//   's|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
// Classes and case come from ICU (Unicode 15.0 with ICU 72), NFC too, but as of Unicode 9.0,
// whose tables tokenizers has.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace videogen::embed {

// Ill-formed UTF-8 becomes U+FFFD.
[[nodiscard]] std::u32string normalize_text(std::string_view utf8);

// A word is [begin, end) of the text; white space belongs to none.
struct Word {
  std::size_t begin;
  std::size_t end;
};
// The first word at or after `from`; begin == text.size() after the last one.
[[nodiscard]] Word next_word(std::u32string_view text, std::size_t from);

[[nodiscard]] std::string to_utf8(std::u32string_view text);

}  // namespace videogen::embed
