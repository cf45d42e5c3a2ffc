#include "net/http_client.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/server_for_test_internal.h"

namespace videogen::net {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;
using Reply = ServerForTest::Reply;
using Seen = ServerForTest::Seen;
using Fault = Reply::Fault;

milliseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - start);
}

std::string text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(HttpClient, GivesStatusFieldsAndBody) {
  ServerForTest server([](const Seen&) {
    return Reply{.status = 404,
                 .body = "not here",
                 .headers = {{"X-Hash", "crc32c=a"}, {"x-hash", "md5=b"}, {"Empty", ""}}};
  });
  const HttpClient client;
  const HttpResult got = client.send({.url = server.url("/a?b=c")});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 404);
  EXPECT_EQ(got->body, "not here");
  EXPECT_EQ(got->version, "1.1");
  EXPECT_THAT(got->headers.all("X-HASH"), ElementsAre("crc32c=a", "md5=b"));
  EXPECT_EQ(got->headers.first("empty"), "");
  const Seen seen = server.seen().front();
  EXPECT_EQ(seen.method, "GET");
  EXPECT_EQ(seen.target, "/a?b=c");
  EXPECT_THAT(seen.headers.first("user-agent").value(), HasSubstr("videogen/"));
}

TEST(HttpClient, SendsBodiesFromMemoryAndFromAFile) {
  ServerForTest server([](const Seen& seen) { return Reply{.body = seen.method + seen.body}; });
  const HttpClient client;
  Request request{.method = "POST", .url = server.url(), .body = std::string("in memory")};
  request.headers.set("Content-Type", "text/plain");
  EXPECT_EQ(client.send(request)->body, "POSTin memory");
  EXPECT_EQ(server.seen().back().headers.first("content-type"), "text/plain");

  const std::string path = testing::TempDir() + "body." + std::to_string(::getpid());
  std::ofstream(path) << "0123456789";
  request = {.method = "PUT", .url = server.url(), .body = FileBody{path, 2, 5}};
  EXPECT_EQ(client.send(request)->body, "PUT23456");
  request.body = FileBody{path, 8, 5};
  const HttpResult shorter = client.send(request);
  ASSERT_FALSE(shorter);
  EXPECT_THAT(shorter.error().message, HasSubstr("became shorter"));
  request.body = FileBody{path + ".none", 0, 5};
  EXPECT_EQ(client.send(request).error().code, ErrorCode::not_found);
  ::unlink(path.c_str());

  request = {.method = "POST", .url = server.url(), .body = Secret("hush")};
  EXPECT_EQ(client.send(request)->body, "POSThush");
  EXPECT_EQ(client.send({.method = "DELETE", .url = server.url()})->body, "DELETE");
  EXPECT_EQ(client.send({.method = "POST", .url = server.url()})->body, "POST");
  EXPECT_EQ(server.seen().back().headers.first("content-length"), "0");
}

TEST(HttpClient, UsesAConnectionAgainButNotForAPost) {
  ServerForTest server([](const Seen&) { return Reply{.body = "x"}; });
  const HttpClient client;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.send({.url = server.url()}));
  EXPECT_EQ(server.connections(), 1);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(client.send({.method = "POST", .url = server.url()}));
  EXPECT_EQ(server.connections(), 3);
}

// A server that closes a connection just as it is used again has perhaps read the request.
TEST(HttpClient, NeverSendsAPostTwiceByItself) {
  std::atomic<int> posts{0};
  ServerForTest server([&](const Seen& seen) {
    if (seen.method != "POST") return Reply{.body = "x"};
    ++posts;
    return Reply{.fault = Fault::reset};
  });
  const HttpClient client;
  EXPECT_TRUE(client.send({.url = server.url()}));
  const HttpResult lost = client.send({.method = "POST", .url = server.url(), .body = "order"});
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().taken, HttpFailure::Taken::unknown);
  EXPECT_TRUE(lost.error().transient);
  EXPECT_EQ(posts, 1);
}

TEST(HttpClient, StreamsABodyIntoASinkAndKeepsTheWordsOfAnError) {
  const std::string large(3'000'000, 'v');
  ServerForTest server([&](const Seen& seen) {
    return seen.target == "/good" ? Reply{.body = large}
                                  : Reply{.status = 403, .body = "no: " + large};
  });
  const HttpClient client;
  std::string sunk;
  int begun = 0;
  const BodySink sink{[&](const Response& head) {
                        ++begun;
                        EXPECT_EQ(head.headers.first("content-length"), "3000000");
                        return Status();
                      },
                      [&](std::span<const std::byte> bytes) {
                        sunk += text(bytes);
                        return Status();
                      }};
  const HttpResult good = client.send({.url = server.url("/good")}, sink, {});
  ASSERT_TRUE(good);
  EXPECT_EQ(sunk, large);
  EXPECT_EQ(good->body, "");
  EXPECT_EQ(begun, 1);
  sunk.clear();
  const HttpResult bad = client.send({.url = server.url("/bad")}, sink, {});
  ASSERT_TRUE(bad);
  EXPECT_EQ(sunk, "");
  EXPECT_EQ(begun, 1);
  EXPECT_EQ(bad->body.substr(0, 6), "no: vv");
  EXPECT_EQ(bad->body.size(), 65536u);
}

TEST(HttpClient, PassesAnErrorOfTheSinkOn) {
  ServerForTest server([](const Seen&) { return Reply{.body = std::string(100'000, 'a')}; });
  const HttpClient client;
  const BodySink full{
      {}, [](std::span<const std::byte>) { return fail(ErrorCode::unwritable, "disk full"); }};
  const HttpResult got = client.send({.url = server.url()}, full, {});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::unwritable);
  EXPECT_EQ(got.error().message, "disk full");
  EXPECT_FALSE(got.error().transient);
}

TEST(HttpClient, RefusesMoreThanItMayTake) {
  ServerForTest server([](const Seen&) { return Reply{.body = std::string(1001, 'a')}; });
  const HttpClient client;
  Request request{.url = server.url()};
  request.most_bytes = 1001;
  EXPECT_TRUE(client.send(request));
  request.most_bytes = 1000;
  EXPECT_EQ(client.send(request).error().code, ErrorCode::limit);
}

TEST(HttpClient, SaysHowAConnectionEnded) {
  ServerForTest server([](const Seen& seen) {
    if (seen.target == "/reset") return Reply{.fault = Fault::reset};
    if (seen.target == "/cut") return Reply{.body = "0123456789", .sent = 4};
    return Reply{.fault = Fault::not_http};
  });
  const HttpClient client;
  const HttpResult reset = client.send({.url = server.url("/reset")});
  ASSERT_FALSE(reset);
  EXPECT_EQ(reset.error().code, ErrorCode::unreachable);
  EXPECT_THAT(reset.error().message, HasSubstr("the connection broke"));
  const HttpResult cut = client.send({.url = server.url("/cut")});
  ASSERT_FALSE(cut);
  EXPECT_TRUE(cut.error().transient);
  EXPECT_THAT(cut.error().message, HasSubstr("6 bytes remaining"));
  EXPECT_EQ(client.send({.url = server.url("/ssh")}).error().code, ErrorCode::corrupt);
}

TEST(HttpClient, SaysThatNothingWasSentWhereNothingWas) {
  int port = 0;
  {
    const ServerForTest gone([](const Seen&) { return Reply{}; });
    port = gone.port();
  }
  const HttpClient client;
  const HttpResult nobody =
      client.send({.method = "POST", .url = fmt::format("http://127.0.0.1:{}/", port)});
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().taken, HttpFailure::Taken::no);
  EXPECT_TRUE(nobody.error().transient);
  EXPECT_EQ(nobody.error().code, ErrorCode::unreachable);
  const HttpResult nowhere = client.send({.url = "http://no-such-host.invalid/"});
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().message,
            "cannot reach http://no-such-host.invalid/: no such host, or no network");
  for (const char* address : {"", "clip.mp4", "ftp://host/x", "http://", "file:///etc/passwd"}) {
    const HttpResult none = client.send({.url = address});
    ASSERT_FALSE(none) << address;
    EXPECT_EQ(none.error().code, ErrorCode::usage) << address << none.error().message;
  }
}

TEST(HttpClient, KeepsItsDeadlines) {
  ServerForTest server([](const Seen& seen) {
    if (seen.target == "/silent") return Reply{.fault = Fault::stall};
    if (seen.target == "/slow") return Reply{.body = "late", .delay = milliseconds(250)};
    return Reply{.body = "0123456789", .fault = Fault::stall, .sent = 4};
  });
  const HttpClient client;
  const auto failed = [&](std::string_view target, Deadlines deadlines) {
    Request request{.url = server.url(target)};
    request.deadlines = deadlines;
    const auto start = Clock::now();
    const HttpResult got = client.send(request);
    EXPECT_LT(since(start), milliseconds(1500)) << target;
    return got ? "no failure" : got.error().message;
  };
  using ms = milliseconds;
  EXPECT_THAT(failed("/silent", {.first_byte = ms(200)}), HasSubstr("no answer for 0.2 s"));
  EXPECT_THAT(failed("/stall", {.stall = ms(200)}), HasSubstr("not a byte for 0.2 s"));
  EXPECT_THAT(failed("/stall", {.stall = ms(0), .whole = ms(300)}),
              HasSubstr("not done within 0.3 s"));
  EXPECT_EQ(failed("/slow", {.stall = ms(100)}), "no failure");  // no byte yet, but in time
  // A listener that never accepts: its queue is full, so the connection is never made.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  socklen_t size = sizeof address;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  ::listen(listener, 0);
  std::vector<int> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    (void)::connect(fillers.back(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  Request request{.url = fmt::format("http://127.0.0.1:{}/", ntohs(address.sin_port))};
  request.deadlines.connect = ms(200);
  const HttpResult never = client.send(request);
  ASSERT_FALSE(never);
  EXPECT_THAT(never.error().message, HasSubstr("no connection"));
  EXPECT_EQ(never.error().taken, HttpFailure::Taken::no);
  for (const int filler : fillers) ::close(filler);
  ::close(listener);
}

TEST(HttpClient, StopsWithinATenthOfASecond) {
  ServerForTest server([](const Seen& seen) {
    if (seen.target == "/silent") return Reply{.fault = Fault::stall};
    return Reply{.body = "0123456789", .fault = Fault::stall, .sent = 4};
  });
  const HttpClient client;
  for (const char* target : {"/silent", "/stall"}) {
    std::stop_source stop;
    Clock::time_point asked;
    const std::jthread stopping([&] {
      std::this_thread::sleep_for(milliseconds(100));
      asked = Clock::now();
      stop.request_stop();
    });
    const HttpResult got = client.send({.url = server.url(target)}, stop.get_token());
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::interrupted);
    EXPECT_LT(since(asked), milliseconds(100)) << target;
  }
  std::stop_source before;
  before.request_stop();
  EXPECT_EQ(client.send({.url = server.url()}, before.get_token()).error().code,
            ErrorCode::interrupted);
}

TEST(HttpClient, FollowsRedirectsAndLeavesSecretsBehind) {
  ServerForTest other([](const Seen&) { return Reply{.body = "other"}; });
  ServerForTest server([&](const Seen& seen) {
    if (seen.target == "/there")
      return Reply{.status = 302, .headers = {{"Location", other.url()}}};
    if (seen.target == "/here")
      return Reply{.status = 307, .headers = {{"Location", "../end?x=1"}}};
    if (seen.target == "/loop") return Reply{.status = 301, .headers = {{"Location", "/loop"}}};
    if (seen.target == "/file")
      return Reply{.status = 302, .headers = {{"Location", "file:///etc/passwd"}}};
    return Reply{.body = seen.headers.first("authorization").value_or("none")};
  });
  const HttpClient client;
  Request request{.url = server.url("/here"),
                  .secret_headers = {{"Authorization", "Bearer ", Secret("token")}}};
  EXPECT_EQ(client.send(request)->status, 307);  // not asked to follow
  request.most_redirects = 3;
  const HttpResult here = client.send(request);
  ASSERT_TRUE(here) << here.error().message;
  EXPECT_EQ(here->body, "Bearer token");
  EXPECT_EQ(here->url, server.url("/end?x=1"));
  request.url = server.url("/there");
  EXPECT_EQ(client.send(request)->body, "other");
  EXPECT_FALSE(other.seen().front().headers.has("authorization"));
  request.url = server.url("/loop");
  EXPECT_EQ(client.send(request).error().code, ErrorCode::limit);
  request.url = server.url("/file");
  EXPECT_EQ(client.send(request).error().code, ErrorCode::usage);
  request.url = server.url("/here");
  request.method = "POST";
  EXPECT_EQ(client.send(request)->status, 307);
}

TEST(HttpClient, TakesTheProxyOfTheEnvironmentButNotForLoopback) {
  ServerForTest proxy([](const Seen& seen) { return Reply{.body = "proxied " + seen.target}; });
  ServerForTest server([](const Seen&) { return Reply{.body = "direct"}; });
  ::setenv("http_proxy", proxy.url("").c_str(), 1);
  const HttpClient client;
  Request request{.url = "http://service.example/x"};
  EXPECT_EQ(client.send(request)->body, "proxied http://service.example/x");
  EXPECT_EQ(client.send({.url = server.url()})->body, "direct");
  request.direct = true;
  request.url = "http://no-such-host.invalid/";
  EXPECT_FALSE(client.send(request));
  HttpClient::Options none;
  none.environment_proxy = false;
  EXPECT_FALSE(HttpClient(none).send({.url = "http://no-such-host.invalid/"}));
  ::unsetenv("http_proxy");
}

TEST(HttpClient, SendsNoFieldWithALineBreak) {
  ServerForTest server([](const Seen&) { return Reply{}; });
  const HttpClient client;
  Request request{.url = server.url(), .headers = {{"X", "a\r\nAuthorization: b"}}};
  EXPECT_EQ(client.send(request).error().code, ErrorCode::usage);
  request = {.url = server.url(), .secret_headers = {{"X", "", Secret("a\nb")}}};
  EXPECT_EQ(client.send(request).error().code, ErrorCode::usage);
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpClient, ServesThreadsAtOnce) {
  ServerForTest server(
      [](const Seen& seen) { return Reply{.body = seen.target, .delay = milliseconds(20)}; });
  const HttpClient client;
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&, i] {
        for (int j = 0; j < 5; ++j) {
          const std::string target = fmt::format("/{}/{}", i, j);
          const HttpResult got = client.send({.url = server.url(target)});
          if (got && got->body == target) ++good;
        }
      });
  }
  EXPECT_EQ(good, 40);
  EXPECT_LE(server.connections(), 8);
}

Status passed_on(const HttpClient& client, const std::string& url) {
  VIDEOGEN_TRY([[maybe_unused]] const Response response, client.send({.url = url}));
  return {};
}

TEST(HttpClient, FailsWithAnErrorLikeAnyOther) {
  EXPECT_EQ(passed_on(HttpClient(), "http://no-such-host.invalid/").error().code,
            ErrorCode::unreachable);
}

TEST(HttpError, TellsWhatTheServiceSays) {
  Response response{.status = 404,
                    .body = R"({"error":{"code":404,"message":"No such object: b/o"}})",
                    .url = "https://storage.googleapis.com/storage/v1/b/b/o/o?alt=media&sig=x"};
  EXPECT_EQ(http_error("read gs://b/o", response).message,
            "cannot read gs://b/o: https://storage.googleapis.com answers 404 Not Found: No such "
            "object: b/o");
  EXPECT_EQ(http_error("x", response).code, ErrorCode::not_found);
  response.status = 429;
  response.body = R"({"error":"invalid_grant","error_description":"Invalid JWT"})";
  EXPECT_THAT(http_error("x", response).message, HasSubstr("invalid_grant: Invalid JWT"));
  EXPECT_EQ(http_error("x", response).code, ErrorCode::budget);
  response.status = 502;
  response.body = "<html>bad</html>";
  EXPECT_EQ(http_error("x", response).message,
            "cannot x: https://storage.googleapis.com answers 502 Bad Gateway");
  response.body = "up\x1b[2Jstream\n";
  EXPECT_THAT(http_error("x", response).message, HasSubstr("up\\x1b[2Jstream"));
}

}  // namespace
}  // namespace videogen::net
