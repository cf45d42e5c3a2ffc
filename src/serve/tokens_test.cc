#include "serve/tokens.h"

#include <filesystem>
#include <fstream>
#include <string_view>

#include <gmock/gmock.h>

namespace videogen::serve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Tokens, KnowsWhoseATokenIs) {
  const auto tokens = Tokens::parse("# people\nanna t1\r\n\n  anna\tt2  \nalone\n", "file");
  ASSERT_TRUE(tokens) << tokens.error().message;
  EXPECT_EQ(tokens->tenant("t1"), "anna");
  EXPECT_EQ(tokens->tenant("t2"), "anna");
  // printf alone | sha256sum
  EXPECT_EQ(tokens->tenant("alone"), "token-facf8b54e5c0");
  for (const char* wrong : {"", "t", "t11", "anna", "# people", "T1", "anna t1"})
    EXPECT_EQ(tokens->tenant(wrong), std::nullopt) << wrong;
}

TEST(Tokens, RefusesFilesThatWouldLetNobodyOrAnybodyIn) {
  const auto message = [](std::string_view text) {
    const auto tokens = Tokens::parse(text, "file");
    EXPECT_FALSE(tokens) << text;
    EXPECT_EQ(tokens ? ErrorCode::internal : tokens.error().code, ErrorCode::usage);
    return tokens ? "" : tokens.error().message;
  };
  EXPECT_THAT(message(""), HasSubstr("no token"));
  EXPECT_THAT(message("\n# only words\n"), HasSubstr("no token"));
  EXPECT_THAT(message("a\nx y z\n"), HasSubstr("line 2"));
  EXPECT_THAT(message("secret\nanna secret\n"), HasSubstr("line 2"));
  EXPECT_THAT(message("secret\nanna secret\n"), Not(HasSubstr("secret")));
  EXPECT_THAT(message("t\xc3\xb6ken\n"), HasSubstr("ASCII"));
}

TEST(Tokens, AreReplacedAsAWholeOrStay) {
  const auto file = std::filesystem::path(::testing::TempDir()) / "reloaded-tokens";
  const auto write = [&file](std::string_view text) { std::ofstream(file) << text; };
  write("anna t1\n");
  Tokens tokens = *Tokens::load(file);
  const Tokens& held = tokens;
  write("anna t2\nben t3\n");
  EXPECT_EQ(tokens.reload(file), 2U);
  EXPECT_EQ(held.tenant("t1"), std::nullopt);
  EXPECT_EQ(held.tenant("t3"), "ben");
  write("three words here\n");
  EXPECT_EQ(tokens.reload(file).error().code, ErrorCode::usage);
  std::filesystem::remove(file);
  EXPECT_EQ(tokens.reload(file).error().code, ErrorCode::not_found);
  EXPECT_EQ(held.tenant("t2"), "anna");
}

TEST(Tokens, WithoutAFileThereAreNone) { EXPECT_FALSE(Tokens().any()); }

}  // namespace
}  // namespace videogen::serve
