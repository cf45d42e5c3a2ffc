#include "net/resumable_get.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/server_for_test_internal.h"

namespace videogen::net {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Reply = ServerForTest::Reply;
using Seen = ServerForTest::Seen;

const Timing& hurried() {
  static const Timing timing{
      std::chrono::steady_clock::now, std::chrono::system_clock::now,
      [](std::chrono::milliseconds, const std::stop_token& stop) { return !stop.stop_requested(); },
      [] { return 0.0; }};
  return timing;
}

struct Got {
  std::string bytes;
  int restarts = 0;
  std::optional<Error> error;
};

Got get(const ServerForTest& server, std::string already = "", std::uint64_t most = 1 << 20) {
  const HttpClient client;
  Got got{.bytes = std::move(already), .error = {}};
  Request request{.url = server.url("/clip?sig=hush")};
  request.most_bytes = most;
  const Target target{[&](std::span<const std::byte> bytes) {
                        got.bytes.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                        return Status();
                      },
                      [&] {
                        got.bytes.clear();
                        ++got.restarts;
                        return Status();
                      },
                      {},
                      !got.bytes.empty()};
  const auto done =
      resumable_get(client, request, got.bytes.size(), target, RetryPolicy{}, {}, hurried());
  if (!done) got.error = done.error();
  return got;
}

// Honours Range and If-Range as RFC 9110 says.
Reply serve(const Seen& seen, const std::string& bytes, const std::string& tag) {
  Reply whole{.body = bytes, .headers = {{"ETag", tag}}};
  const std::string range = seen.headers.first("Range").value_or("");
  if (range.empty() || seen.headers.first("If-Range").value_or(tag) != tag) return whole;
  const std::size_t first = std::stoul(range.substr(6));
  if (first >= bytes.size()) return Reply{.status = 416};
  return Reply{.status = 206,
               .body = bytes.substr(first),
               .headers = {{"ETag", tag},
                           {"Content-Range",
                            fmt::format("bytes {}-{}/{}", first, bytes.size() - 1, bytes.size())}}};
}

TEST(ResumableGet, GoesOnWithTheSameFile) {
  std::atomic<int> count{0};
  const ServerForTest server([&](const Seen& seen) {
    Reply reply = serve(seen, "0123456789", "\"v1\"");
    if (++count < 4) reply.sent = 3;
    return reply;
  });
  const Got got = get(server);
  EXPECT_FALSE(got.error);
  EXPECT_EQ(got.bytes, "0123456789");
  EXPECT_EQ(got.restarts, 0);
  std::vector<std::string> ranges;
  for (const Seen& seen : server.seen()) ranges.push_back(seen.headers.first("Range").value_or(""));
  EXPECT_THAT(ranges, ElementsAre("", "bytes=3-", "bytes=6-", "bytes=9-"));
  EXPECT_EQ(server.seen().at(1).headers.first("If-Range"), "\"v1\"");
}

TEST(ResumableGet, BeginsAnewWhereTheFileHasChanged) {
  std::atomic<int> count{0};
  const ServerForTest server([&](const Seen& seen) {
    if (++count > 1) return serve(seen, "abcdefghij", "\"v2\"");
    Reply reply = serve(seen, "0123456789", "\"v1\"");
    reply.sent = 5;
    return reply;
  });
  const Got got = get(server);
  EXPECT_EQ(got.bytes, "abcdefghij");
  EXPECT_EQ(got.restarts, 1);
}

TEST(ResumableGet, BeginsAnewWhereNothingTellsVersionsApart) {
  std::atomic<int> count{0};
  const ServerForTest server([&](const Seen& seen) {
    EXPECT_FALSE(seen.headers.has("Range"));
    Reply reply{.body = "0123456789", .headers = {{"ETag", "W/\"weak\""}}};
    if (++count == 1) reply.sent = 5;
    return reply;
  });
  EXPECT_EQ(get(server).bytes, "0123456789");
}

TEST(ResumableGet, GoesOnWithWhatAnEarlierRunLeft) {
  const ServerForTest server([](const Seen& seen) { return serve(seen, "0123456789", "\"v\""); });
  EXPECT_EQ(get(server, "01234").bytes, "0123456789");
  EXPECT_EQ(server.seen().back().headers.first("Range"), "bytes=5-");
  // More than there is: it was of something else.
  const Got anew = get(server, "0123456789abc");
  EXPECT_EQ(anew.bytes, "0123456789");
  EXPECT_EQ(anew.restarts, 1);
}

TEST(ResumableGet, GivesUpWithTheReasonAndWithoutSecrets) {
  const ServerForTest busy([](const Seen&) { return Reply{.status = 503}; });
  const Got got = get(busy);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, ErrorCode::unreachable);
  EXPECT_THAT(got.error->message, HasSubstr("/clip?sig=REDACTED: "));
  EXPECT_EQ(busy.seen().size(), 5u);
  const ServerForTest gone([](const Seen&) { return Reply{.status = 404}; });
  EXPECT_EQ(get(gone).error->code, ErrorCode::not_found);
  EXPECT_EQ(gone.seen().size(), 1u);
  const ServerForTest wrong([](const Seen&) {
    return Reply{.status = 206, .body = "x", .headers = {{"Content-Range", "bytes 7-7/10"}}};
  });
  EXPECT_EQ(get(wrong).error->code, ErrorCode::corrupt);
  const ServerForTest large([](const Seen&) { return Reply{.body = "0123456789"}; });
  EXPECT_EQ(get(large, "", 9).error->code, ErrorCode::limit);
  EXPECT_FALSE(get(large, "", 10).error);
}

}  // namespace
}  // namespace videogen::net
