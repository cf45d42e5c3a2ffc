#include "net/headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::net {
namespace {

using ::testing::ElementsAre;

TEST(Headers, KeepRepetitionsInOrderAndIgnoreCase) {
  Headers headers{{"Set-Cookie", "a"}, {"ETag", "x"}, {"set-cookie", "b"}};
  EXPECT_THAT(headers.all("SET-COOKIE"), ElementsAre("a", "b"));
  EXPECT_EQ(headers.first("Set-Cookie"), "a");
  EXPECT_EQ(headers.find("Set-Cookie"), "a");
  EXPECT_EQ(headers.first("None"), std::nullopt);
  EXPECT_EQ(headers.find("None"), std::nullopt);
  headers.set("SET-cookie", "c");
  EXPECT_THAT(headers.all("set-cookie"), ElementsAre("c"));
  headers.remove("etag");
  EXPECT_FALSE(headers.has("ETag"));
}

}  // namespace
}  // namespace videogen::net
