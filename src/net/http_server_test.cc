#include "net/http_server.h"

#include <atomic>
#include <fstream>
#include <latch>
#include <thread>

#include <gmock/gmock.h>

#include "net/raw_client_for_test_internal.h"

namespace videogen::net {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// A server on a port of the system's choice, for the time of a test.
class Served {
 public:
  explicit Served(Handler handler, ServerOptions options = {})
      : server_(HttpServer::listen(options)) {
    EXPECT_TRUE(server_) << server_.error().message;
    thread_ = std::jthread([this, handler = std::move(handler)](const std::stop_token& stop) {
      server_->serve(handler, stop);
      ended_ = true;
    });
  }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  void stop() {
    thread_.request_stop();
    thread_.join();
  }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  Result<HttpServer> server_;
  std::atomic<bool> ended_ = false;
  std::jthread thread_;
};

ServerResponse text(std::string body, int status = 200) {
  ServerResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

ServerResponse echo(const ServerRequest& request) {
  std::string all = request.method + " " + request.path + "\n";
  for (const std::string& segment : request.segments) all += "[" + segment + "]";
  for (const auto& [name, value] : request.query) all += "(" + name + "=" + value + ")";
  all += "\n";
  all += request.body.bytes();
  return text(std::move(all));
}

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

TEST(HttpServer, DecodesSegmentsOneByOneAndKeepsEncodedSlashes) {
  const Served served(echo);
  const RawClient client(served.port());
  client.send(
      "GET /b/my%20b/o/a%2Fb%25?alt=media&q=a+b%26&flag HTTP/1.1\r\nHost: x\r\n"
      "Connection: close\r\n\r\n");
  const std::string reply = client.receive().bytes;
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(reply, EndsWith("\r\n\r\nGET /b/my%20b/o/a%2Fb%25\n"
                              "[b][my b][o][a/b%](alt=media)(q=a b&)(flag=)\n"));
}

TEST(HttpServer, KeepsAConnectionAndAnswersWhatIsPipelined) {
  const Served served(echo);
  const RawClient client(served.port());
  client.send(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
      "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
      "GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto reply = client.receive();
  EXPECT_EQ(reply.end, RawClient::End::closed);
  const auto first = reply.bytes.find("GET /1\n"), second = reply.bytes.find("POST /2\n[2]\nabc"),
             third = reply.bytes.find("GET /3\n");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_NE(third, std::string::npos) << reply.bytes;
}

TEST(HttpServer, ReadsChunkedBodiesPastMemory) {
  ServerOptions options;
  options.body_in_memory_bytes = 1000;
  const Served served(
      [](const ServerRequest& request) {
        const std::string_view body = request.body.bytes();
        return text(std::to_string(body.size()) + std::string(body.substr(0, 2)) +
                    std::string(body.substr(body.size() - 2)));
      },
      options);
  const RawClient client(served.port());
  client.send(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
      "Connection: close\r\n\r\n");
  for (int i = 0; i < 100; ++i) client.send("400\r\n" + std::string(1023, 'a') + "b\r\n");
  client.send("0\r\n\r\n");
  EXPECT_THAT(client.receive().bytes, EndsWith("\r\n\r\n102400aaab"));
}

TEST(HttpServer, AnswersExpectations) {
  const Served served(echo);
  const RawClient client(served.port());
  const std::string interim = client.ask(
      "PUT /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
      "Connection: close\r\n\r\n",
      "\r\n\r\n");
  EXPECT_EQ(interim, "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_THAT(client.receive().bytes, EndsWith("PUT /x\n[x]\nok"));
}

TEST(HttpServer, GivesHeadTheLengthButNoBody) {
  const Served served([](const ServerRequest&) { return text("twelve bytes"); });
  const RawClient client(served.port());
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string reply = client.receive().bytes;
  EXPECT_THAT(reply, HasSubstr("Content-Length: 12\r\n"));
  EXPECT_THAT(reply, EndsWith("\r\n\r\n"));
}

TEST(HttpServer, RefusesWhatIsTooLargeWithTheStatusForIt) {
  ServerOptions options;
  options.max_header_bytes = 2000;
  options.max_body_bytes = 10;
  const Served served(echo, options);
  const auto status = [&](const std::string& request) {
    const RawClient client(served.port());
    client.send(request);
    return client.receive().bytes.substr(0, 12);
  };
  EXPECT_EQ(status("GET / HTTP/1.1\r\nX: " + std::string(3000, 'x') + "\r\n\r\n"), "HTTP/1.1 431");
  EXPECT_EQ(status("POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n"), "HTTP/1.1 413");
  EXPECT_EQ(status("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n"),
            "HTTP/1.1 413");
  EXPECT_EQ(status("POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 10\r\n\r\n0123456789"),
            "HTTP/1.1 200");
  EXPECT_EQ(status("BANG\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "HTTP/1.1 400");
  // Two lengths are how requests are smuggled.
  EXPECT_EQ(status("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
            "HTTP/1.1 400");
}

TEST(HttpServer, LetsAClientSeeTheRefusalOfABodyThatItStillSends) {
  ServerOptions options;
  options.max_body_bytes = 1000;
  const Served served(echo, options);
  const RawClient client(served.port());
  client.send("POST / HTTP/1.1\r\nContent-Length: 4000000\r\n\r\n");
  client.send(std::string(4'000'000, 'x'));
  EXPECT_THAT(client.receive().bytes, StartsWith("HTTP/1.1 413"));
}

TEST(HttpServer, EndsRequestsThatComeTooSlowly) {
  ServerOptions options;
  options.header_deadline = 100ms;
  options.read_stall = 100ms;
  options.idle = 150ms;
  const Served served(echo, options);
  const RawClient header(served.port());
  header.send("GET / HT");
  EXPECT_THAT(header.receive().bytes, StartsWith("HTTP/1.1 408"));
  const RawClient body(served.port());
  body.send("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_THAT(body.receive().bytes, StartsWith("HTTP/1.1 408"));
  const RawClient silent(served.port());
  const auto reply = silent.receive();
  EXPECT_EQ(reply.end, RawClient::End::closed);
  EXPECT_EQ(reply.bytes, "");
}

TEST(HttpServer, TurnsConnectionsAwayPastItsLimit) {
  ServerOptions options;
  options.max_connections = 1;
  const Served served(echo, options);
  const RawClient first(served.port());
  EXPECT_THAT(first.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET /\n"), HasSubstr("200"));
  const RawClient second(served.port());
  const std::string reply = second.receive().bytes;
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(reply, HasSubstr("Retry-After: 1\r\n"));
}

TEST(HttpServer, TurnsWhatAHandlerThrowsIntoAnError) {
  const Served served([](const ServerRequest& request) -> ServerResponse {
    if (request.path == "/bad") throw std::logic_error("broken\nhere");
    return text("fine");
  });
  const RawClient client(served.port());
  client.send("GET /bad HTTP/1.1\r\nHost: x\r\n\r\n");
  client.send(kGet);
  const std::string reply = client.receive().bytes;
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(reply, EndsWith("fine"));
}

TEST(HttpServer, KeepsAValueFromEndingItsHeader) {
  const Served served([](const ServerRequest&) {
    ServerResponse response = text("x");
    response.headers.add("Location", "a\r\nSet-Cookie: evil");
    return response;
  });
  const RawClient client(served.port());
  client.send(kGet);
  EXPECT_THAT(client.receive().bytes, HasSubstr("Location: aSet-Cookie: evil\r\n"));
}

TEST(HttpServer, StreamsInChunksAndWaitsWithoutHoldingAThread) {
  ServerOptions options;
  options.workers = 1;
  const Served served(
      [](const ServerRequest& request) {
        ServerResponse response;
        if (request.path == "/plain") return text("plain");
        response.body =
            ResponseBody::stream([step = 0](std::span<char> buffer) mutable -> Result<Pulled> {
              if (++step % 2 == 0) return Pulled{0, Pulled::Then::wait};
              buffer[0] = 'e';
              return Pulled{1, step == 5 ? Pulled::Then::end : Pulled::Then::more};
            });
        return response;
      },
      options);
  const RawClient client(served.port());
  client.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  const RawClient other(served.port());
  EXPECT_THAT(other.ask("GET /plain HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\nplain"),
              HasSubstr("plain"));
  const std::string reply = client.ask("", "0\r\n\r\n");
  EXPECT_THAT(reply, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(reply, EndsWith("\r\n\r\n1\r\ne\r\n1\r\ne\r\n1\r\ne\r\n0\r\n\r\n"));
}

TEST(HttpServer, BreaksAStreamOffThatFails) {
  const Served served([](const ServerRequest&) {
    ServerResponse response;
    response.body = ResponseBody::stream([step = 0](std::span<char> buffer) mutable {
      buffer[0] = 'x';
      return step++ == 0 ? Result<Pulled>(Pulled{1, Pulled::Then::more})
                         : fail(ErrorCode::unreachable, "gone");
    });
    return response;
  });
  const RawClient client(served.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto reply = client.receive();
  EXPECT_THAT(reply.bytes, EndsWith("\r\n\r\n1\r\nx\r\n"));  // no last chunk: not complete
  EXPECT_EQ(reply.end, RawClient::End::closed);
}

TEST(HttpServer, SendsAFileInWholeEvenOnceItIsUnlinked) {
  const std::filesystem::path path = testing::TempDir() + "/served file";
  std::string content;
  for (int i = 0; content.size() < 3'000'000; ++i) content += std::to_string(i) + ",";
  std::ofstream(path) << content;
  const Served served([&](const ServerRequest&) {
    ServerResponse response;
    response.body = *ResponseBody::file(path);
    std::filesystem::remove(path);
    return response;
  });
  const RawClient client(served.port());
  client.send(kGet);
  const std::string reply = client.receive().bytes;
  EXPECT_THAT(reply.substr(0, 500),
              HasSubstr("Content-Length: " + std::to_string(content.size()) + "\r\n"));
  EXPECT_TRUE(reply.ends_with("\r\n\r\n" + content));
}

TEST(HttpServer, TellsAHandlerThatItsClientLeft) {
  std::latch waiting(1), seen(1);
  const Served served([&](const ServerRequest& request) {
    waiting.count_down();
    while (!request.gone.stop_requested()) std::this_thread::sleep_for(1ms);
    seen.count_down();
    return text("to nobody");
  });
  {
    const RawClient client(served.port());
    client.send(kGet);
    waiting.wait();
  }
  seen.wait();  // hangs, and ctest kills it, if nobody told the handler
}

TEST(HttpServer, CommitsTheFaultsThatAResponseNames) {
  const Served served([](const ServerRequest& request) {
    ServerResponse response = text(std::string(1000, 'x'));
    const auto value = [&](std::string_view name) {
      return find(request.query, name).value_or("");
    };
    WireFault fault;
    if (value("kind") == "reset") fault.kind = WireFault::Kind::reset;
    if (value("kind") == "stall") fault.kind = WireFault::Kind::stall;
    if (!value("after").empty()) fault.after_bytes = std::stoul(std::string(value("after")));
    if (!value("for").empty())
      fault.stall = std::chrono::milliseconds(std::stoi(std::string(value("for"))));
    response.fault = fault;
    return response;
  });
  const auto ask = [&](const std::string& query, std::chrono::milliseconds quiet = 5s) {
    const RawClient client(served.port());
    client.send("GET /?" + query + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    auto received = client.receive(quiet);
    received.bytes.erase(0, received.bytes.find("\r\n\r\n") + 4);
    return received;
  };
  auto cut = ask("kind=close&after=600");
  EXPECT_EQ(cut.bytes.size(), 600U);
  EXPECT_EQ(cut.end, RawClient::End::closed);
  auto reset = ask("kind=reset");
  EXPECT_EQ(reset.bytes, "");
  EXPECT_EQ(reset.end, RawClient::End::reset);
  auto lost = ask("kind=close");
  EXPECT_EQ(lost.bytes, "");
  EXPECT_EQ(lost.end, RawClient::End::closed);
  auto stalled = ask("kind=stall&after=10", 300ms);
  EXPECT_EQ(stalled.bytes.size(), 10U);
  EXPECT_EQ(stalled.end, RawClient::End::open);
  const auto begin = std::chrono::steady_clock::now();
  auto late = ask("kind=stall&after=10&for=200");
  EXPECT_EQ(late.bytes.size(), 1000U);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 200ms);
}

TEST(HttpServer, EndsIdleAndStalledConnectionsAtOnceAndFinishesAnswers) {
  std::latch handling(1);
  Served served([&](const ServerRequest& request) {
    if (request.path == "/slow") {
      handling.count_down();
      std::this_thread::sleep_for(300ms);
      return text("finished");
    }
    ServerResponse response = text("stalls");
    if (request.path == "/stall") response.fault = WireFault{WireFault::Kind::stall, {}, 0ms};
    return response;
  });
  const RawClient idle(served.port()), stalled(served.port()), slow(served.port());
  idle.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "stalls");
  stalled.send("GET /stall HTTP/1.1\r\nHost: x\r\n\r\n");
  slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  handling.wait();
  const auto begin = std::chrono::steady_clock::now();
  served.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1500ms);
  EXPECT_THAT(slow.receive().bytes, EndsWith("finished"));
  EXPECT_EQ(idle.receive().end, RawClient::End::closed);
}

TEST(HttpServer, InterruptsHandlersThatOutlastTheDrain) {
  ServerOptions options;
  options.drain = 50ms;
  std::latch handling(1);
  Served served(
      [&](const ServerRequest& request) {
        handling.count_down();
        while (!request.gone.stop_requested()) std::this_thread::sleep_for(1ms);
        return text("late");
      },
      options);
  const RawClient client(served.port());
  client.send(kGet);
  handling.wait();
  const auto begin = std::chrono::steady_clock::now();
  served.stop();
  EXPECT_TRUE(served.ended());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
}

TEST(HttpServer, ServesManyConnectionsAtOnce) {
  std::atomic<int> right = 0;
  const Served served(echo);
  std::vector<std::jthread> clients;
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back([&, i] {
      const RawClient client(served.port());
      for (int j = 0; j < 50; ++j) {
        const std::string path = "/" + std::to_string(i) + "-" + std::to_string(j);
        const std::string mark = "\r\n\r\nGET " + path + "\n";
        if (client.ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n", mark).ends_with(mark))
          ++right;
        (void)client.receive(0ms);
      }
    });
  }
  clients.clear();
  EXPECT_EQ(right, 16 * 50);
}

TEST(HttpServer, SaysWhyItCannotListen) {
  const auto name = HttpServer::listen({.address = "localhost"});
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().code, ErrorCode::usage);
  const auto first = HttpServer::listen({});
  ASSERT_TRUE(first);
  const auto second = HttpServer::listen({.port = first->port()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::unreachable);
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(first->port())));
}

TEST(HttpServer, TurnsARequestAwayBeforeItsBodyIsRead) {
  const auto exchange = [](std::uint16_t port, std::string_view request) {
    const RawClient client(port);
    EXPECT_TRUE(client.send(request));
    return client.receive(std::chrono::seconds(3)).bytes;
  };
  ServerOptions options;
  options.admit = [](const ServerRequest& head) {
    Admission admission;
    if (head.path == "/closed") admission.refusal = text("no entry\n", 401);
    if (head.path == "/small") admission.most_body = 4;
    return admission;
  };
  options.refuse = [](int status, std::string_view why) {
    return text("{" + std::string(why) + "}", status);
  };
  const Served server(echo, options);
  // The body never comes, and the answer does.
  EXPECT_THAT(
      exchange(server.port(),
               "POST /closed HTTP/1.1\r\nHost: a\r\nContent-Length: 900000000\r\n\r\n"),
      AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("Connection: close"), EndsWith("no entry\n")));
  // Without a body the connection goes on.
  EXPECT_THAT(exchange(server.port(),
                       "GET /closed HTTP/1.1\r\nHost: a\r\n\r\n"
                       "GET /open HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("GET /open")));
  EXPECT_THAT(
      exchange(server.port(), "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345"),
      AllOf(StartsWith("HTTP/1.1 413 "), EndsWith("{the body is over 4 bytes}")));
  EXPECT_THAT(exchange(server.port(),
                       "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "5\r\n12345\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(exchange(server.port(),
                       "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                       "Connection: close\r\n\r\n1234"),
              StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace videogen::net
