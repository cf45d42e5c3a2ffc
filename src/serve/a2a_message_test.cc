#include "serve/a2a_message_internal.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/file.h"

namespace videogen::serve {
namespace {

using nlohmann::json;

const std::vector<std::string> kModes{"text/plain", "application/json", "video/*"};

// Keeps what comes in files of its own folder.
class MessageTest : public ::testing::Test {
 protected:
  MessageTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "message-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~MessageTest() override { std::filesystem::remove_all(folder_); }

  A2aResult<InboundMessage> read(json message) {
    const MessageLimits limits{[this](std::string_view bytes) -> Result<std::filesystem::path> {
                                 const auto path = folder_ / std::to_string(++count_);
                                 std::ofstream(path, std::ios::binary) << bytes;
                                 return path;
                               },
                               kModes};
    return read_message(message, limits);
  }
  static json message(json parts) {
    return {{"messageId", "m"}, {"role", "ROLE_USER"}, {"parts", std::move(parts)}};
  }
  std::filesystem::path folder_;
  int count_ = 0;
};

TEST_F(MessageTest, KeepsARawPartAsAFileAndOnlySaysWhatCame) {
  std::filesystem::path path;
  {
    const auto inbound = read(message({{{"raw", "AAEC/w"}, {"filename", "a.mp4"}}}));
    ASSERT_TRUE(inbound) << inbound.error().message;
    path = inbound->file.path();
    EXPECT_EQ(*read_file(path, 100), std::string("\x00\x01\x02\xff", 4));
    const json& part = inbound->message["parts"][0];
    EXPECT_FALSE(part.contains("raw"));
    EXPECT_TRUE(is_kept_file(part));
    EXPECT_EQ(part["metadata"]["kept"]["bytes"], 4);
    // printf '\0\1\2\377' | sha256sum
    EXPECT_EQ(part["metadata"]["kept"]["sha256"],
              "3d1f57c984978ef98a18378c8166c1cb8ede02c03eeb6aee7e2f121dfeee3e56");
  }
  // Nobody took it.
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(MessageTest, ReadsBase64AsProtoJsonHasIt) {
  for (const char* text : {"+/8=", "-_8=", "-_8", "+/8"}) {
    const auto inbound = read(message({{{"raw", text}}}));
    ASSERT_TRUE(inbound) << text;
    EXPECT_EQ(*read_file(inbound->file.path(), 100), "\xfb\xff") << text;
  }
  for (const char* text : {"", "=", "A", "%%%%", "AA=A"})
    EXPECT_EQ(read(message({{{"raw", text}}})).has_value(), text == std::string_view("AA=A"))
        << text;
}

TEST_F(MessageTest, AcceptsTheNamesOfTheSchemaAndDropsWhatTheProtocolDoesNotHave) {
  const auto inbound = read({{"message_id", "m"},
                             {"context_id", "c"},
                             {"role", 1},
                             {"kind", "message"},
                             {"parts", {{{"text", "x"}, {"media_type", "text/plain"}}}},
                             {"reference_task_ids", {"t"}}});
  ASSERT_TRUE(inbound) << inbound.error().message;
  EXPECT_EQ(inbound->message, (json{{"messageId", "m"},
                                    {"contextId", "c"},
                                    {"role", "ROLE_USER"},
                                    {"parts", {{{"text", "x"}, {"mediaType", "text/plain"}}}},
                                    {"referenceTaskIds", {"t"}}}));
}

TEST_F(MessageTest, LetsNobodyClaimThatAFileCame) {
  const auto inbound =
      read(message({{{"text", "x"}, {"metadata", {{"kept", {{"bytes", 1}}}, {"mine", 2}}}}}));
  ASSERT_TRUE(inbound);
  EXPECT_FALSE(is_kept_file(inbound->message["parts"][0]));
  EXPECT_EQ(inbound->message["parts"][0]["metadata"], (json{{"mine", 2}}));
}

TEST_F(MessageTest, KeepsDataThatIsNull) {
  const auto inbound = read(message({{{"data", nullptr}}}));
  ASSERT_TRUE(inbound);
  EXPECT_TRUE(inbound->message["parts"][0].contains("data"));
}

TEST_F(MessageTest, TakesMediaTypesByKindAndWithoutParameters) {
  EXPECT_TRUE(accepts(kModes, "video/mp4"));
  EXPECT_TRUE(accepts(kModes, "Text/Plain; charset=utf-8"));
  EXPECT_FALSE(accepts(kModes, "videos/mp4"));
  EXPECT_FALSE(accepts(kModes, "audio/mpeg"));
  EXPECT_EQ(read(message({{{"text", "x"}, {"mediaType", "audio/mpeg"}}})).error().kind,
            A2aError::Kind::content_type_not_supported);
}

TEST_F(MessageTest, RefusesWhatIsNoMessage) {
  const json text{{"text", "x"}};
  for (const json& wrong :
       {json(), json::array(), json::object(), message(json::array()), message({1}),
        message({json::object()}), message({{{"text", "a"}, {"data", 1}}}),
        message({{{"raw", "AA=="}}, {{"raw", "AA=="}}}),
        json{{"messageId", 1}, {"role", 1}, {"parts", {text}}},
        json{{"messageId", std::string(257, 'a')}, {"role", 1}, {"parts", {text}}},
        json{{"messageId", "m"}, {"role", 2}, {"parts", {text}}},
        json{{"messageId", "m"}, {"role", 1}, {"parts", {text}}, {"extensions", 1}}})
    EXPECT_EQ(read(wrong).error().kind, A2aError::Kind::invalid_params) << wrong.dump();
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace videogen::serve
