#include "net/byte_range.h"

#include <fstream>

#include <gmock/gmock.h>

namespace videogen::net {
namespace {

TEST(ParseRange, KnowsWhatRfc9110Knows) {
  const auto part = [](std::string_view header, std::uint64_t first, std::uint64_t last) {
    const ParsedRange parsed = parse_range(header, 1000);
    EXPECT_EQ(parsed.answer, RangeAnswer::part) << header;
    EXPECT_EQ(parsed.range, (ByteRange{first, last})) << header;
  };
  part("bytes=0-0", 0, 0);
  part("bytes=0-499", 0, 499);
  part("bytes=990-", 990, 999);
  part("bytes=990-5000", 990, 999);
  part("bytes=-10", 990, 999);
  part("bytes=-5000", 0, 999);
  for (const std::string_view header :
       {"", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=a-b", "bytes=1-2,4-5", "items=0-1",
        "bytes=99999999999999999999-", "bytes=+1-2", "bytes= 1-2"}) {
    EXPECT_EQ(parse_range(header, 1000).answer, RangeAnswer::whole) << header;
  }
  EXPECT_EQ(parse_range("bytes=1000-", 1000).answer, RangeAnswer::unsatisfiable);
  EXPECT_EQ(parse_range("bytes=-0", 1000).answer, RangeAnswer::unsatisfiable);
  EXPECT_EQ(parse_range("bytes=0-", 0).answer, RangeAnswer::unsatisfiable);
}

TEST(ParseContentRange, KnowsTheFormsThatClientsSend) {
  using Range = ContentRange;
  EXPECT_EQ(parse_content_range("bytes 0-99/1234"), (Range{0, 99, 1234}));
  EXPECT_EQ(parse_content_range("bytes 0-99/*"), (Range{0, 99, {}}));
  EXPECT_EQ(parse_content_range("bytes 7-*/*"), (Range{7, {}, {}}));
  EXPECT_EQ(parse_content_range("bytes */1234"), (Range{{}, {}, 1234}));
  EXPECT_EQ(parse_content_range("bytes */*"), (Range{}));
  for (const std::string_view wrong :
       {"", "bytes", "bytes 0-99", "bytes=0-99/100", "bytes 99-0/100", "bytes 0-100/100",
        "bytes -1/2", "bytes a-b/c", "bytes 0-18446744073709551615/*", "bytes 0-9/-1"}) {
    EXPECT_EQ(parse_content_range(wrong), std::nullopt) << wrong;
  }
}

class ServeFile : public testing::Test {
 protected:
  void SetUp() override { std::ofstream(path_) << "0123456789"; }

  ServerResponse ask(std::initializer_list<std::pair<std::string, std::string>> headers) {
    ServerRequest request;
    for (const auto& [name, value] : headers) request.headers.add(name, value);
    auto response = serve_file(request, path_, {"text/plain", "\"v1\""});
    EXPECT_TRUE(response);
    return *std::move(response);
  }
  static std::string content(const ServerResponse& response) {
    std::string all(32, '\0');
    const auto pulled = response.body.pull()(all);
    all.resize(pulled->bytes);
    return all;
  }
  std::filesystem::path path_ = testing::TempDir() + "/range.txt";
};

TEST_F(ServeFile, GivesParts) {
  const auto part = ask({{"Range", "bytes=2-4"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.headers.find("content-range"), "bytes 2-4/10");
  EXPECT_EQ(content(part), "234");
  const auto whole = ask({});
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(content(whole), "0123456789");
  const auto past = ask({{"Range", "bytes=10-"}});
  EXPECT_EQ(past.status, 416);
  EXPECT_EQ(past.headers.find("Content-Range"), "bytes */10");
}

TEST_F(ServeFile, GivesAPartOnlyOfWhatTheClientHasTheRestOf) {
  EXPECT_EQ(ask({{"Range", "bytes=2-4"}, {"If-Range", "\"v1\""}}).status, 206);
  EXPECT_EQ(ask({{"Range", "bytes=2-4"}, {"If-Range", "\"v0\""}}).status, 200);
  EXPECT_EQ(ask({{"Range", "bytes=2-4"}, {"If-Range", "W/\"v1\""}}).status, 200);
  EXPECT_EQ(ask({{"If-None-Match", "\"v0\", W/\"v1\""}}).status, 304);
  EXPECT_EQ(ask({{"If-None-Match", "\"v0\""}}).status, 200);
}

}  // namespace
}  // namespace videogen::net
