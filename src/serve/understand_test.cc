#include "serve/understand.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace videogen::serve {
namespace {

using nlohmann::json;

std::string message(json parts) { return json{{"parts", std::move(parts)}}.dump(); }
std::string words(const char* text) { return message({{{"text", text}}}); }

json request(const std::vector<std::string>& messages, bool has_file = false) {
  const auto understood = understand(messages, has_file);
  if (!understood) return understood.error().message;
  if (!understood->question.empty()) return understood->question;
  json all = json::parse(understood->request);
  all["skill"] = name(understood->skill);
  return all;
}

TEST(Understand, ReadsWords) {
  EXPECT_EQ(request({words("check this clip: https://a/b.mp4")}),
            (json{{"skill", "validate"}, {"uri", "https://a/b.mp4"}}));
  EXPECT_EQ(request({words("make a 6-second clip of a boat")}),
            (json{{"skill", "generate"}, {"prompt", "a boat"}, {"seconds", 6}}));
  EXPECT_EQ(request({words("check this")}, true), (json{{"skill", "validate"}}));
}

TEST(Understand, ReadsData) {
  const json wanted{{"skill", "validate"}, {"uri", "u"}, {"threshold", 0.9}};
  EXPECT_EQ(request({message({{{"data", wanted}}})}), wanted);
  EXPECT_EQ(
      request({message(
          {{{"data", {{"skill", "validate"}, {"uri", "u"}, {"options", {{"threshold", 0.9}}}}}}})}),
      wanted);
  // Words beside data are for people.
  EXPECT_EQ(request({message({{{"data", wanted}}, {{"text", "repair http://c/d"}}})}), wanted);
  EXPECT_EQ(request({message({{{"data", {{"skill", "validate"}}}}, {{"url", "u"}}})}),
            (json{{"skill", "validate"}, {"uri", "u"}}));
}

TEST(Understand, AsksForWhatIsMissing) {
  const auto asks = [](const std::vector<std::string>& messages, bool has_file = false) {
    const auto understood = understand(messages, has_file);
    return understood && !understood->question.empty();
  };
  EXPECT_TRUE(asks({words("hello")}));
  EXPECT_TRUE(asks({words("https://a/b.mp4")}));
  EXPECT_TRUE(asks({message(json::array())}, true));
  EXPECT_TRUE(asks({words("check this")}));
  EXPECT_TRUE(asks({words("make a clip")}));
  EXPECT_TRUE(asks({words("check https://a/b and https://a/c")}));
  EXPECT_TRUE(asks({words("check https://a/b")}, true));
  EXPECT_TRUE(asks({message({{{"data", {{"skill", "generate"}, {"prompt", ""}}}}})}));
}

TEST(Understand, TakesAnswersTogetherWithWhatWasSaidBefore) {
  EXPECT_EQ(request({words("https://a/b.mp4"), words("check it")}),
            (json{{"skill", "validate"}, {"uri", "https://a/b.mp4"}}));
  EXPECT_EQ(request({words("check https://a/b and https://a/c"), words("https://a/c")}),
            (json{{"skill", "validate"}, {"uri", "https://a/c"}}));
  EXPECT_EQ(request({words("make a clip"), words("A boat, at night")}),
            (json{{"skill", "generate"}, {"prompt", "A boat, at night"}}));
  EXPECT_EQ(request({words("hello"), words("make a clip of a boat")}),
            (json{{"skill", "generate"}, {"prompt", "a boat"}}));
}

TEST(Understand, RefusesWhatContradictsItself) {
  for (const json& data : {json(1), json{{"skill", "dance"}}, json{{"skill", 1}},
                           json{{"skill", "validate"}, {"options", 1}},
                           json{{"skill", "validate"}, {"fps", 1}, {"options", {{"fps", 2}}}}}) {
    const auto understood = understand({message({{{"data", data}}})}, false);
    ASSERT_FALSE(understood) << data.dump();
    EXPECT_EQ(understood.error().code, ErrorCode::usage);
  }
}

TEST(Understand, SaysWhatItCan) {
  EXPECT_NE(understand({words("help")}, false)->reply, "");
  EXPECT_EQ(understand({words("help")}, true)->reply, "");
}

}  // namespace
}  // namespace videogen::serve
