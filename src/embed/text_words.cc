#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uniset.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "embed/text_words_internal.h"

namespace videogen::embed {
namespace {

bool is_letter(char32_t c) { return (U_GET_GC_MASK(static_cast<UChar32>(c)) & U_GC_L_MASK) != 0; }
bool is_number(char32_t c) { return (U_GET_GC_MASK(static_cast<UChar32>(c)) & U_GC_N_MASK) != 0; }
bool is_space(char32_t c) { return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0; }

// Rust's char::to_lowercase maps one code point without context, so a final sigma stays σ. It
// differs from the simple mapping at one code point only, the single unconditional one-to-many
// lower case of Unicode's SpecialCasing.txt.
void append_lower(char32_t c, std::u32string& out) {
  constexpr char32_t kCapitalIWithDot = 0x130;
  if (c == kCapitalIWithDot) {
    out += U"i\u0307";
  } else {
    out += static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
  }
}

// NFC as tokenizers has it: its tables are Unicode 9.0's, so marks and compositions that came
// later are left where they stand, though its classes of characters are newer.
const icu::Normalizer2& nfc_of_unicode_9() {
  static const auto normalizer = [] {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
    static const icu::UnicodeSet known(u"[:age=9.0:]", status);
    VIDEOGEN_CHECK(U_SUCCESS(status), "ICU has no NFC data");
    return icu::FilteredNormalizer2(*nfc, known);
  }();
  return normalizer;
}

icu::UnicodeString composed(std::string_view utf8) {
  const auto text = icu::UnicodeString::fromUTF8(
      icu::StringPiece(utf8.data(), static_cast<std::int32_t>(utf8.size())));
  constexpr char16_t kFirstNotInert = 0x300;  // everything below is NFC by itself
  const auto* units = text.getBuffer();
  if (std::all_of(units, units + text.length(), [](char16_t u) { return u < kFirstNotInert; })) {
    return text;
  }
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString result = nfc_of_unicode_9().normalize(text, status);
  VIDEOGEN_CHECK(U_SUCCESS(status), "ICU cannot normalise the text");
  return result;
}

std::size_t end_of_contraction(std::u32string_view text, std::size_t at) {
  if (text[at] != U'\'') return at;
  constexpr std::array<std::u32string_view, 7> kEndings{U"s", U"t",  U"re", U"ve",
                                                        U"m", U"ll", U"d"};
  const std::u32string_view rest = text.substr(at + 1);
  for (const std::u32string_view ending : kEndings) {
    if (rest.starts_with(ending)) return at + 1 + ending.size();
  }
  return at;
}

template <class Predicate>
std::size_t end_of_run(std::u32string_view text, std::size_t at, Predicate belongs) {
  while (at < text.size() && belongs(text[at])) ++at;
  return at;
}

}  // namespace

std::u32string normalize_text(std::string_view utf8) {
  const icu::UnicodeString text = composed(utf8);
  std::u32string result;
  result.reserve(static_cast<std::size_t>(text.length()));
  bool after_space = false;
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const auto c = static_cast<char32_t>(text.char32At(i));
    const bool space = is_space(c);
    if (!space) append_lower(c, result);
    if (space && !after_space) result += U' ';
    after_space = space;
  }
  return result;
}

Word next_word(std::u32string_view text, std::size_t from) {
  const std::size_t begin = end_of_run(text, from, is_space);
  if (begin == text.size()) return {begin, begin};
  if (const std::size_t end = end_of_contraction(text, begin); end > begin) return {begin, end};
  if (is_letter(text[begin])) return {begin, end_of_run(text, begin, is_letter)};
  if (is_number(text[begin])) return {begin, begin + 1};
  return {begin, end_of_run(text, begin, [](char32_t c) {
            return !is_space(c) && !is_letter(c) && !is_number(c);
          })};
}

std::string to_utf8(std::u32string_view text) {
  std::string result;
  for (const char32_t c : text) {
    std::array<std::uint8_t, U8_MAX_LENGTH> bytes;
    std::size_t length = 0;
    U8_APPEND_UNSAFE(bytes, length, static_cast<std::uint32_t>(c));
    result.append(bytes.begin(), bytes.begin() + length);
  }
  return result;
}

}  // namespace videogen::embed
