#include "net/address.h"
#include "net/form.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace videogen::net {
namespace {

TEST(Address, IsTakenApart) {
  const auto address = parse_address("HTTPS://User:pw@Example.COM/a%20b/c?d=e&f#g");
  ASSERT_TRUE(address) << address.error().message;
  EXPECT_EQ(address->scheme, "https");
  EXPECT_EQ(address->host, "example.com");
  EXPECT_EQ(address->host_as_written, "Example.COM");
  EXPECT_EQ(address->port, 443);
  EXPECT_EQ(address->path, "/a%20b/c");
  EXPECT_EQ(address->query, "d=e&f");
  EXPECT_TRUE(address->has_userinfo);
  EXPECT_EQ(origin(*address), "https://example.com");
  EXPECT_EQ(origin(*parse_address("http://h:8080/x")), "http://h:8080");
  EXPECT_EQ(parse_address("http://h")->path, "/");
  for (const char* bad : {"", "/x", "x.mp4", "ftp://h/x", "gs://b/o", "http://", "http://h:99999/",
                          "http://a b/", "file:///x"})
    EXPECT_EQ(parse_address(bad).error().code, ErrorCode::usage) << bad;
}

TEST(Address, KnowsLoopbackByItsNames) {
  for (const char* is : {"http://localhost:1/", "http://127.0.0.1", "http://127.8.9.1/x",
                         "http://[::1]:80/", "http://emulator.localhost/"})
    EXPECT_TRUE(names_loopback(*parse_address(is))) << is;
  for (const char* is_not : {"http://localhost.example/", "http://127.example.com/",
                             "http://10.0.0.1/", "http://[::2]/"})
    EXPECT_FALSE(names_loopback(*parse_address(is_not))) << is_not;
}

TEST(Address, FollowsARelativeOne) {
  EXPECT_EQ(resolve_address("http://h/a/b?c", "../d").value(), "http://h/d");
  EXPECT_EQ(resolve_address("http://h/a/b", "e?f").value(), "http://h/a/e?f");
  EXPECT_EQ(resolve_address("https://h/a", "//g/i").value(), "https://g/i");
  EXPECT_EQ(resolve_address("https://h/a", "http://g/i j").value(), "http://g/i%20j");
}

// What a report or a log may hold.
TEST(Address, ShowsNothingThatGrantsAccess) {
  EXPECT_EQ(shown_address("https://user:pass@host:8/p?a=1&X-Goog-Signature=abc&b=2#frag"),
            "https://host:8/p?a=1&X-Goog-Signature=REDACTED&b=2");
  for (const char* name :
       {"X-Goog-Signature", "X-Goog-Credential", "X-Amz-Signature", "X-Amz-Security-Token",
        "X-Amz-Credential", "Signature", "sig", "token", "access_token", "key", "api_key",
        "Key-Pair-Id", "Policy", "password", "client_secret", "code", "auth", "sessionid"}) {
    const std::string shown = shown_address(fmt::format("https://h/p?x=1&{}=hush&y=2", name));
    EXPECT_EQ(shown, fmt::format("https://h/p?x=1&{}=REDACTED&y=2", name));
  }
  EXPECT_EQ(shown_address("https://h/p?v=1&generation=5&alt=media"),
            "https://h/p?v=1&generation=5&alt=media");
  EXPECT_EQ(shown_address("https://a@b:c@host/x"), "https://host/x");
  EXPECT_EQ(shown_address("http://h/\x1b[2J"), "http://h/\\x1b[2J");
  EXPECT_EQ(shown_address("gs://bucket/o"), "gs://bucket/o");
  EXPECT_EQ(shown_address("clip.mp4"), "clip.mp4");
}

TEST(Address, EncodesWhatIsReserved) {
  EXPECT_EQ(percent_encoded("a/b c+\xC3\xA9~-._"), "a%2Fb%20c%2B%C3%A9~-._");
  EXPECT_EQ(form({{"a b", "c&d"}, {"e", ""}}), "a%20b=c%26d&e=");
}

}  // namespace
}  // namespace videogen::net
