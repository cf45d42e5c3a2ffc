#include "serve/json_rpc_internal.h"

#include <gtest/gtest.h>

#include "serve/json_text_internal.h"

namespace videogen::serve {
namespace {

using nlohmann::json;

TEST(JsonRpc, EchoesAnIdWithItsType) {
  for (const char* id : {"\"7\"", "7", "-3", "9007199254740993", "1.5", "\"\"", "\"\u00e4\""}) {
    const auto call =
        parse_rpc_call(std::string(R"({"jsonrpc":"2.0","method":"m","id":)") + id + "}");
    ASSERT_TRUE(call) << id;
    EXPECT_FALSE(call->notification);
    EXPECT_EQ(text_of(rpc_result(call->id, json::object())),
              std::string(R"({"id":)") + id + R"(,"jsonrpc":"2.0","result":{}})");
  }
}

TEST(JsonRpc, TellsANotificationFromACallWithANullId) {
  EXPECT_TRUE(parse_rpc_call(R"({"jsonrpc":"2.0","method":"m"})")->notification);
  EXPECT_FALSE(parse_rpc_call(R"({"jsonrpc":"2.0","method":"m","id":null})")->notification);
}

TEST(JsonRpc, RefusesWhatIsNoCall) {
  const auto code = [](std::string_view text) {
    const auto call = parse_rpc_call(text);
    return call ? 0 : call.error().error.code;
  };
  EXPECT_EQ(code("{"), -32700);
  EXPECT_EQ(code(""), -32700);
  EXPECT_EQ(code("\"\xff\""), -32700);
  EXPECT_EQ(code("[]"), -32600);
  EXPECT_EQ(code(R"([{"jsonrpc":"2.0","method":"m","id":1}])"), -32600);
  EXPECT_EQ(code("7"), -32600);
  EXPECT_EQ(code(R"({"method":"m","id":1})"), -32600);
  EXPECT_EQ(code(R"({"jsonrpc":"1.0","method":"m","id":1})"), -32600);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","id":1})"), -32600);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","id":1,"result":{}})"), -32600);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","method":1,"id":1})"), -32600);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","method":"m","id":{}})"), -32600);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","method":"m","id":1,"params":[1]})"), -32602);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","method":"m","id":1,"params":null})"), 0);
}

TEST(JsonRpc, NamesTheIdOfABrokenCallWhereItCanBeRead) {
  EXPECT_EQ(parse_rpc_call(R"({"jsonrpc":"2.0","id":"a","method":1})").error().id, "a");
  EXPECT_EQ(parse_rpc_call("{").error().id, nullptr);
}

TEST(JsonText, RefusesDepthThatWouldBeWrittenRecursively) {
  const auto nested = [](int levels) {
    return std::string(std::size_t(levels), '[') + std::string(std::size_t(levels), ']');
  };
  EXPECT_TRUE(parse_json(nested(kMostJsonDepth)));
  EXPECT_FALSE(parse_json(nested(kMostJsonDepth + 1)));
  EXPECT_FALSE(parse_json(nested(1'000'000)));
}

TEST(JsonText, FindsMembersByBothNamesOfProtoJson) {
  const json object{{"history_length", 1}, {"taskId", 2}, {"task_id", 3}, {"id", nullptr}};
  EXPECT_EQ(member(object, "historyLength"), 1);
  EXPECT_EQ(member(object, "taskId"), 2);
  EXPECT_TRUE(member(object, "id").is_null());
  EXPECT_TRUE(member(object, "none").is_null());
  EXPECT_TRUE(member(json::array(), "id").is_null());
}

TEST(JsonText, WritesBrokenTextAsReplacement) {
  EXPECT_EQ(text_of(json("a\xff")), "\"a\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace videogen::serve
