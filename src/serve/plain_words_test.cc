#include "serve/plain_words.h"

#include <gtest/gtest.h>

namespace videogen::serve {
namespace {

using Addresses = std::vector<std::string>;

TEST(PlainWords, ReadsAClipToCheck) {
  const Wish wish = read_words("Please check this clip: https://a.example/b(1).mp4?x=1.");
  EXPECT_EQ(wish.skill, Skill::validate);
  EXPECT_EQ(wish.addresses, Addresses{"https://a.example/b(1).mp4?x=1"});
  EXPECT_EQ(wish.prompt, "");
}

TEST(PlainWords, TakesTheFirstWordThatStandsForASkill) {
  EXPECT_EQ(read_words("Validate and repair gs://b/o.mp4").skill, Skill::validate);
  EXPECT_EQ(read_words("could you FIX (https://a/b.mp4), then check it?").skill, Skill::enhance);
  EXPECT_EQ(read_words("make sure that https://a/b.mp4 is fine").skill, Skill::validate);
  EXPECT_EQ(read_words("Make a clip of someone who checks a map").skill, Skill::generate);
}

TEST(PlainWords, CutsWhatIsAroundAnAddress) {
  EXPECT_EQ(read_words("(see <http://a/b>), \"HTTPS://c/d\", `gs://e/f`; http://g/h!").addresses,
            (Addresses{"http://a/b", "HTTPS://c/d", "gs://e/f", "http://g/h"}));
  EXPECT_EQ(read_words("xhttps://a/b and https:// alone").addresses, Addresses{});
}

TEST(PlainWords, KeepsWhatIsToBeSeenAsItWasWritten) {
  const auto prompt = [](std::string_view text) { return read_words(text).prompt; };
  EXPECT_EQ(prompt("Make a clip of A Boat, in the RAIN."), "A Boat, in the RAIN.");
  EXPECT_EQ(prompt("make me a video: a boat"), "a boat");
  EXPECT_EQ(prompt("create a video that shows \u00c4pfel"), "\u00c4pfel");
  EXPECT_EQ(prompt("generate a boat in the rain"), "a boat in the rain");
  EXPECT_EQ(prompt("generate: a boat"), "a boat");
  EXPECT_EQ(prompt("make a clip of \"a boat\""), "a boat");
  EXPECT_EQ(prompt("make a moody slow clip of a boat"), "moody slow clip of a boat");
  EXPECT_EQ(prompt("make a clip of a film about boats"), "a film about boats");
  EXPECT_EQ(prompt("make a clip"), "");
}

TEST(PlainWords, ReadsTheLengthOfAClip) {
  for (const char* text : {"make a 6-second clip of a boat", "make a 6 s clip of a boat",
                           "make a 6s video of a boat", "make a 6 seconds clip of a boat"}) {
    const Wish wish = read_words(text);
    EXPECT_EQ(wish.seconds, 6.0) << text;
    EXPECT_EQ(wish.prompt, "a boat") << text;
  }
  EXPECT_EQ(read_words("make a clip of 6 boats").seconds, std::nullopt);
}

TEST(PlainWords, GuessesNothing) {
  EXPECT_EQ(read_words("https://a/b.mp4").skill, std::nullopt);
  EXPECT_EQ(read_words("make it better: https://a/b.mp4").skill, std::nullopt);
  EXPECT_EQ(read_words("hello").skill, std::nullopt);
  EXPECT_EQ(read_words("").skill, std::nullopt);
  EXPECT_EQ(read_words("checkered").skill, std::nullopt);
}

TEST(PlainWords, ReadsThePromptThatAClipWasMadeWith) {
  EXPECT_EQ(read_words("check https://a/b.mp4\nPrompt: a red boat\nthanks").prompt, "a red boat");
}

TEST(PlainWords, KnowsWhenItIsAskedWhatItCan) {
  EXPECT_TRUE(read_words("Help!").asks_for_help);
  EXPECT_TRUE(read_words("What can you do?").asks_for_help);
  EXPECT_FALSE(read_words("help me and check https://a/b.mp4").asks_for_help);
}

}  // namespace
}  // namespace videogen::serve
