#include <gmock/gmock.h>

#include "serve/members_internal.h"
#include "serve/work_internal.h"

namespace videogen::serve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Members, ReadsValuesAsJsonAndAsFormsSendThem) {
  auto members = *Members::parse(
      R"({"n": 0.5, "m": "0.5", "w": 7, "v": "-7", "t": true, "f": "false", "s": "x", "o": null,
          "l": ["a", "b"], "k": "c"})");
  EXPECT_EQ(*members.number("n", 0, 1), 0.5);
  EXPECT_EQ(*members.number("m", 0, 1), 0.5);
  EXPECT_EQ(*members.whole("w", 0, 10), 7);
  EXPECT_EQ(*members.whole("v", -10, 10), -7);
  EXPECT_EQ(*members.flag("t"), true);
  EXPECT_EQ(*members.flag("f"), false);
  EXPECT_EQ(*members.text("s"), "x");
  EXPECT_EQ(*members.text("o"), std::nullopt);
  EXPECT_EQ(*members.text("absent"), std::nullopt);
  EXPECT_THAT(*members.texts("l"), ElementsAre("a", "b"));
  EXPECT_THAT(*members.texts("k"), ElementsAre("c"));
  EXPECT_TRUE(members.done());
}

TEST(Members, RefusesValuesOfAnotherKindOrOutOfRange) {
  auto members = *Members::parse(
      R"({"a": "x", "b": 2, "c": 1.5, "d": 18446744073709551615, "e": "yes", "g": [1], "h": {},
          "i": "0.5 ", "j": "nan"})");
  EXPECT_FALSE(members.number("a", 0, 1));
  EXPECT_FALSE(members.number("b", 0, 1));
  EXPECT_FALSE(members.whole("c", 0, 10));
  EXPECT_FALSE(members.whole("d", 0, INT64_MAX));
  EXPECT_FALSE(members.flag("e"));
  EXPECT_FALSE(members.flag("b"));
  EXPECT_FALSE(members.texts("g"));
  EXPECT_FALSE(members.text("h"));
  EXPECT_FALSE(members.number("i", 0, 1));
  EXPECT_FALSE(members.number("j", 0, 1)) << "a range that nan is not in";
}

TEST(Members, NamesTheNearestMemberForOneThatIsNot) {
  auto members = *Members::parse(R"({"treshold": 1})");
  ASSERT_TRUE(members.number("threshold", -1, 1));
  const Status done = members.done();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("did you mean threshold?"));
  EXPECT_FALSE(Members::parse("[]"));
  EXPECT_FALSE(Members::parse("{"));
}

TEST(AsMembers, RenamesFlagsAndNothingElse) {
  EXPECT_EQ(as_members("--max-cost raises it, or --no-audio"), "max_cost raises it, or no_audio");
  EXPECT_EQ(as_members("a -- b --- c -d 3--4"), "a -- b --- c -d 3--4");
}

}  // namespace
}  // namespace videogen::serve
