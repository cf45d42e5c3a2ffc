#include "embed/text_words_internal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::embed {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string clean(std::string_view text) { return to_utf8(normalize_text(text)); }

std::vector<std::string> words(std::string_view utf8) {
  const std::u32string text = normalize_text(utf8);
  std::vector<std::string> result;
  for (Word word = next_word(text, 0); word.begin < text.size(); word = next_word(text, word.end)) {
    result.push_back(to_utf8(std::u32string_view(text).substr(word.begin, word.end - word.begin)));
  }
  return result;
}

TEST(NormalizeText, CollapsesEveryWhiteSpaceOfUnicode) {
  EXPECT_EQ(clean("a \t\r\n\v\f\u0085\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000b"), "a b");
  EXPECT_EQ(clean("a\u200bb\u180e\ufeff"), "a\u200bb\u180e\ufeff");  // these are no white space
}

TEST(NormalizeText, LowersEachCodePointByItself) {
  EXPECT_EQ(clean("ÀÉ ΣΊΣΥΦΟΣ ẞ Ǆ Ⅷ"), "àé σίσυφοσ ß ǆ ⅷ");  // no final sigma
  EXPECT_EQ(clean("\u0130"), "i\u0307");                     // one to two, not composed again
}

TEST(NormalizeText, ComposesWhatUnicode9Knew) {
  EXPECT_EQ(clean("e\u0301 \u1112\u1161\u11ab \u212b"), "é 한 å");
  EXPECT_EQ(clean("a\u0345\u0334"), "a\u0334\u0345");  // reordered by combining class
  // U+1DFA (below) came with Unicode 14 and stays behind U+0301 (above), where it stood.
  EXPECT_EQ(clean("x\u0301\u1dfa"), "x\u0301\u1dfa");
}

TEST(NextWord, SplitsAsClipsPatternDoes) {
  EXPECT_THAT(words("it's we'LL rock'n'roll"),
              ElementsAre("it", "'s", "we", "'ll", "rock", "'", "n", "'", "roll"));
  EXPECT_THAT(words("'tis can't've"), ElementsAre("'t", "is", "can", "'t", "'ve"));
  EXPECT_THAT(words("v2.05, x²½Ⅷ"), ElementsAre("v", "2", ".", "0", "5", ",", "x", "²", "½", "ⅷ"));
  EXPECT_THAT(words("!'s _-_ €"), ElementsAre("!'", "s", "_-_", "€"));
  EXPECT_THAT(words("x\u0336y"), ElementsAre("x", "\u0336", "y"));  // marks are no letters
  EXPECT_THAT(words(" \n "), IsEmpty());
  EXPECT_THAT(words(""), IsEmpty());
}

}  // namespace
}  // namespace videogen::embed
