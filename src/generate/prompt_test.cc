#include "generate/prompt.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "generate/text.h"

namespace videogen::generate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string refusal(const PromptRequest& request) {
  const auto prompt = engineer(request);
  if (prompt) return "accepted";
  EXPECT_EQ(prompt.error().code, ErrorCode::usage);
  return prompt.error().message;
}

Style small() {
  return {.name = "noir",
          .summary = "",
          .subject = "",
          .action = "",
          .camera = "low angle",
          .lens = "",
          .light = "one key",
          .mood = "",
          .motion = "",
          .audio = "rain",
          .negative = "colour"};
}

TEST(Prompt, IsTheWordsAloneWithoutAStyle) {
  const auto prompt = engineer({.words = "  a cat,\n\ttwice ", .negative = "dogs"});
  ASSERT_TRUE(prompt);
  EXPECT_EQ(prompt->text, "  a cat,\n\ttwice ");
  EXPECT_EQ(prompt->negative, "dogs");
}

TEST(Prompt, AddsTheStyleInSentencesOfItsOwn) {
  const auto prompt = engineer({.words = "a cat", .negative = "dogs", .style = small()});
  ASSERT_TRUE(prompt);
  EXPECT_EQ(prompt->text, "a cat. Style: noir. Camera: low angle. Light: one key. Sound: rain.");
  EXPECT_EQ(prompt->negative, "dogs, colour");
}

TEST(Prompt, SaysNothingOfSoundWhereThereIsNone) {
  const auto prompt = engineer({.words = "a cat", .style = small(), .audio = false});
  ASSERT_TRUE(prompt);
  EXPECT_EQ(prompt->text, "a cat. Style: noir. Camera: low angle. Light: one key.");
  EXPECT_EQ(prompt->negative, "colour");
}

TEST(Prompt, EndsSentencesOnceAndKeepsJsonApart) {
  const auto begin = [](std::string_view words) {
    return engineer({.words = words, .style = small()})->text.substr(0, words.size() + 3);
  };
  EXPECT_EQ(begin("Go!"), "Go! St");
  EXPECT_EQ(begin("Go."), "Go. St");
  EXPECT_EQ(begin("Go…"), "Go… St");
  EXPECT_EQ(begin("Go. "), "Go. Sty");
  EXPECT_EQ(begin("Go "), "Go \n\nS");
  EXPECT_EQ(begin("{\"shot\": 1}"), "{\"shot\": 1}\n\nS");
  EXPECT_EQ(begin("one\ntwo"), "one\ntwo\n\nS");
}

TEST(Prompt, KeepsTheWordsVerbatimAndFirstInEveryStyle) {
  constexpr std::array<std::string_view, 5> kWords{
      "a  lighthouse,in a STORM", "\"quoted\" 'and' \\ $HOME `x` %s {}", "ein Löwe, 猫が走る 🦁",
      "{\"scene\": {\"camera\": \"static\"}}", "Camera: static. Style: none."};
  ASSERT_GE(shipped_styles().size(), 12u);
  for (const Style& style : shipped_styles())
    for (const std::string_view words : kWords) {
      const auto prompt = engineer({.words = words, .negative = words, .style = style});
      ASSERT_TRUE(prompt) << style.name;
      EXPECT_THAT(prompt->text, StartsWith(std::string(words)));
      EXPECT_THAT(prompt->negative, StartsWith(std::string(words)));
      EXPECT_GT(prompt->text.size(), words.size() + 100) << style.name;
      EXPECT_EQ(unprintable(prompt->text), std::nullopt);
    }
}

TEST(Prompt, RefusesWhatHasNoWords) {
  EXPECT_THAT(refusal({.words = ""}), HasSubstr("empty"));
  EXPECT_THAT(refusal({.words = " \t\r\n"}), HasSubstr("empty"));
}

TEST(Prompt, RefusesControlCharactersAndBrokenUtf8WithTheirPlace) {
  EXPECT_THAT(refusal({.words = std::string_view("ab\0c", 4)}), HasSubstr("U+0000) at byte 2"));
  EXPECT_THAT(refusal({.words = "a\x1b[31m"}), HasSubstr("U+001B) at byte 1"));
  EXPECT_THAT(refusal({.words = "\x7f"}), HasSubstr("U+007F) at byte 0"));
  EXPECT_THAT(refusal({.words = "a\xc2\x85"}), HasSubstr("U+0085) at byte 1"));
  EXPECT_THAT(refusal({.words = "a\xff"}), HasSubstr("broken UTF-8 at byte 1"));
  EXPECT_THAT(refusal({.words = "a", .negative = "b\x07"}),
              AllOf(HasSubstr("negative"), HasSubstr("U+0007) at byte 1")));
}

TEST(Prompt, RefusesWhatIsTooLongAndCutsNothing) {
  const std::string fits(10, 'x');
  EXPECT_TRUE(engineer({.words = fits, .most_characters = 10, .model = "m"}));
  EXPECT_EQ(refusal({.words = fits + "x", .most_characters = 10, .model = "m"}),
            "the prompt has 11 characters, and m takes 10: shorten it, nothing is cut here");
  // Characters, not bytes: each of these has three.
  EXPECT_TRUE(engineer({.words = "猫猫猫猫猫猫猫猫猫猫", .most_characters = 10, .model = "m"}));
  EXPECT_THAT(refusal({.words = fits, .style = small(), .most_characters = 40, .model = "m"}),
              HasSubstr("of them from the style"));
  EXPECT_THAT(refusal({.words = "a", .negative = fits + "x", .most_characters = 10, .model = "m"}),
              HasSubstr("negative prompt has 11"));
}

TEST(Text, KnowsWellFormedUtf8) {
  EXPECT_EQ(unprintable("aé猫🦁\t\n\r"), std::nullopt);
  for (const std::string_view bad :
       {"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80", "\xe7\x8c", "\xe7"})
    EXPECT_NE(unprintable(bad), std::nullopt);
  EXPECT_EQ(characters("aé猫🦁"), 4u);
}

TEST(Styles, AreAllWholeInWhatIsShipped) {
  for (const Style& style : shipped_styles())
    for (const std::string* part :
         {&style.summary, &style.subject, &style.action, &style.camera, &style.lens, &style.light,
          &style.mood, &style.motion, &style.audio, &style.negative})
      EXPECT_FALSE(part->empty()) << style.name;
  for (const std::string_view name :
       {"professional", "cinematic", "documentary", "commercial", "social", "animation", "anime",
        "vintage", "minimal", "product", "nature", "slow-motion"})
    EXPECT_TRUE(find_style(shipped_styles(), name)) << name;
}

TEST(Styles, SuggestTheNearestName) {
  EXPECT_THAT(find_style(shipped_styles(), "cinmatic").error().message,
              HasSubstr("did you mean cinematic?"));
  EXPECT_THAT(find_style(shipped_styles(), "xyz").error().message, HasSubstr("there are prof"));
}

TEST(Styles, AreRefusedWithTheirPlace) {
  const auto refused = [](std::string_view text) {
    const auto styles = parse_styles(text, "mine.json");
    EXPECT_FALSE(styles);
    return styles ? "" : styles.error().message;
  };
  EXPECT_EQ(refused("{"), "mine.json: not JSON");
  EXPECT_THAT(refused("{}"), HasSubstr("holds no list"));
  EXPECT_THAT(refused("{\"styles\": []}"), HasSubstr("holds no list"));
  EXPECT_THAT(refused("{\"styles\": [1]}"), HasSubstr("style 1: a style is an object"));
  EXPECT_THAT(refused("{\"styles\": [{\"name\": \"a\"}, {\"name\": \"a\"}]}"),
              HasSubstr("a is there twice"));
  EXPECT_THAT(refused("{\"styles\": [{\"name\": \"A B\"}]}"), HasSubstr("lower-case"));
  EXPECT_THAT(refused("{\"styles\": [{\"name\": \"none\"}]}"), HasSubstr("not none"));
  EXPECT_THAT(refused("{\"styles\": [{\"name\": \"a\", \"lense\": \"x\"}]}"),
              HasSubstr("no style has a member lense"));
  EXPECT_THAT(refused("{\"styles\": [{\"name\": \"a\", \"lens\": 3}]}"), HasSubstr("must be text"));
  EXPECT_THAT(refused("{\"styles\": [{\"name\": \"a\", \"lens\": \"\\u0007\"}]}"),
              HasSubstr("lens holds a control character"));
  EXPECT_TRUE(parse_styles("{\"styles\": [{\"name\": \"a\"}]}", "mine.json"));
}

}  // namespace
}  // namespace videogen::generate
