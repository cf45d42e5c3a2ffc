#include "net/address_guard.h"

#include <chrono>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_client.h"
#include "net/server_for_test_internal.h"

namespace videogen::net {
namespace {

using ::testing::HasSubstr;
using Reply = ServerForTest::Reply;
using Seen = ServerForTest::Seen;

Ip ip(std::string_view text) {
  const auto parsed = parse_ip(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Ip{});
}

TEST(AddressGuard, LetsPublicAddressesThrough) {
  const AddressGuard guard;
  for (const char* open :
       {"8.8.8.8", "1.1.1.1", "142.250.74.78", "172.15.255.255", "172.32.0.0", "100.63.255.255",
        "100.128.0.0", "169.253.0.1", "192.0.1.1", "198.17.0.1", "198.20.0.1", "223.255.255.255",
        "9.255.255.255", "11.0.0.0", "126.255.255.255", "128.0.0.1", "2606:4700::1111",
        "2a00:1450:4001:81b::200e", "2001:4860:4860::8888"})
    EXPECT_EQ(guard.refuses(ip(open)), std::nullopt) << open;
}

TEST(AddressGuard, RefusesEverySpecialRangeAtBothItsEnds) {
  const AddressGuard guard;
  for (const char* closed : {"0.0.0.0",
                             "0.255.255.255",
                             "10.0.0.0",
                             "10.255.255.255",
                             "100.64.0.0",
                             "100.127.255.255",
                             "127.0.0.1",
                             "127.255.255.255",
                             "169.254.0.1",
                             "169.254.169.254",
                             "172.16.0.0",
                             "172.31.255.255",
                             "192.0.0.1",
                             "192.0.2.1",
                             "192.88.99.1",
                             "192.168.0.0",
                             "192.168.255.255",
                             "198.18.0.0",
                             "198.19.255.255",
                             "198.51.100.1",
                             "203.0.113.255",
                             "224.0.0.1",
                             "239.255.255.255",
                             "240.0.0.1",
                             "255.255.255.255",
                             "168.63.129.16",
                             "::",
                             "::1",
                             "::ffff:8.8.8.8",
                             "::ffff:127.0.0.1",
                             "::127.0.0.1",
                             "::ffff:0:127.0.0.1",
                             "64:ff9b::7f00:1",
                             "64:ff9b:1::1",
                             "100::1",
                             "2001::1",
                             "2001:0:4136:e378::1",
                             "2001:db8::1",
                             "2001:1ff::1",
                             "2002:7f00:1::",
                             "3fff::1",
                             "fc00::1",
                             "fdff:ffff::1",
                             "fe80::1",
                             "febf::1",
                             "fec0::1",
                             "ff02::1",
                             "4000::1",
                             "5f00::1"})
    EXPECT_NE(guard.refuses(ip(closed)), std::nullopt) << closed;
}

TEST(AddressGuard, AllowsTheRangesItIsGiven) {
  const AddressGuard guard({parse_ip_range("10.1.0.0/16").value(),
                            parse_ip_range("fd00:aa00::/23").value(),
                            parse_ip_range("127.0.0.1").value()});
  EXPECT_EQ(guard.refuses(ip("10.1.255.255")), std::nullopt);
  EXPECT_NE(guard.refuses(ip("10.2.0.0")), std::nullopt);
  EXPECT_EQ(guard.refuses(ip("fd00:abff::1")), std::nullopt);
  EXPECT_NE(guard.refuses(ip("fd00:ac00::1")), std::nullopt);
  EXPECT_EQ(guard.refuses(ip("127.0.0.1")), std::nullopt);
  EXPECT_NE(guard.refuses(ip("127.0.0.2")), std::nullopt);
  for (const char* bad : {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0/8", "host/8",
                          "fd00::/129", "10.0.0.0/8 "})
    EXPECT_EQ(parse_ip_range(bad).error().code, ErrorCode::usage) << bad;
}

// Each leads, or would lead, to a listener of this machine or its network. {} is its port.
constexpr auto kEvasions = std::to_array<std::string_view>({
    "http://127.0.0.1:{}/",
    "http://127.1:{}/",
    "http://127.0.1:{}/",
    "http://2130706433:{}/",
    "http://0x7f000001:{}/",
    "http://0x7f.1:{}/",
    "http://0x7f.0x0.0x0.0x1:{}/",
    "http://0177.0.0.1:{}/",
    "http://017700000001:{}/",
    "http://00000177.0.0.1:{}/",
    "http://127.0.0.1.:{}/",
    "http://127.000.000.001:{}/",
    "http://127.255.255.254:{}/",
    "http://0:{}/",
    "http://0.0.0.0:{}/",
    "http://0x0:{}/",
    "http://localhost:{}/",
    "http://LOCALHOST:{}/",
    "http://localhost.:{}/",
    "http://x.localhost:{}/",
    "http://[::1]:{}/",
    "http://[::]:{}/",
    "http://[0:0:0:0:0:0:0:1]:{}/",
    "http://[::ffff:127.0.0.1]:{}/",
    "http://[::ffff:7f00:1]:{}/",
    "http://[::127.0.0.1]:{}/",
    "http://[::ffff:0:127.0.0.1]:{}/",
    "http://[64:ff9b::127.0.0.1]:{}/",
    "http://[2002:7f00:1::]:{}/",
    "http://[2001:0:7f00:1::1]:{}/",
    "http://[fe80::1]:{}/",
    "http://[fe80::1%25lo]:{}/",
    "http://[fc00::1]:{}/",
    "http://10.0.0.1:{}/",
    "http://192.168.1.1:{}/",
    "http://172.16.0.1:{}/",
    "http://100.64.0.1:{}/",
    "http://169.254.169.254:{}/",
    "http://metadata.test:{}/",
    "http://rebound.test:{}/",
    "http://mixed.test:{}/",
    "http://user@127.0.0.1:{}/",
    "http://example.com@127.0.0.1:{}/",
    "http://example.com:80@127.0.0.1:{}/",
    "http://127.0.0.1:{}#@example.com/",
    "http://127.0.0.1:{}?@example.com/",
    "http://example.com\\@127.0.0.1:{}/",
    "http://%31%32%37.0.0.1:{}/",
    "http://\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x97.0.0.1:{}/",
    "http://\xE2\x91\xA0\xE2\x91\xA1\xE2\x91\xA6.0.0.1:{}/",
    "http://127\xE3\x80\x82"
    "0.0.1:{}/",
    "http://134744072:{}/",
    "ftp://127.0.0.1:{}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{}/_x",
    "dict://127.0.0.1:{}/x",
    "scp://127.0.0.1:{}/x",
    "HTTP://127.0.0.1:{}/",
    "//127.0.0.1:{}/",
    "http:/127.0.0.1:{}/",
    "http:127.0.0.1:{}/",
    " http://127.0.0.1:{}/",
    "http://127.0.0.1:{}\t/",
    "http://224.0.0.1:{}/",
    "http://255.255.255.255:{}/",
});
static_assert(kEvasions.size() >= 40);

HttpClient::Options guarded(int port) {
  HttpClient::Options options;
  options.guard = AddressGuard();
  // What a stranger's name server might say.
  for (const char* name : {"metadata.test:{}:169.254.169.254", "rebound.test:{}:127.0.0.1",
                           "mixed.test:{}:[::1],127.0.0.1,10.0.0.1"})
    options.resolve.push_back(fmt::format(fmt::runtime(name), port));
  return options;
}

TEST(AddressGuard, LeadsNobodyToThisMachineOrItsNetwork) {
  const ServerForTest four([](const Seen&) { return Reply{.body = "caught"}; });
  const ServerForTest six([](const Seen&) { return Reply{.body = "caught"}; }, AF_INET6);
  for (const ServerForTest* listener : {&four, &six}) {
    const HttpClient client(guarded(listener->port()));
    for (const std::string_view evasion : kEvasions) {
      Request request{.url = fmt::format(fmt::runtime(evasion), listener->port())};
      request.most_redirects = 5;
      request.deadlines.whole = std::chrono::seconds(2);
      const HttpResult got = client.send(request);
      ASSERT_FALSE(got) << request.url;
      EXPECT_EQ(got.error().code, ErrorCode::usage) << request.url << got.error().message;
      EXPECT_EQ(got.error().taken, HttpFailure::Taken::no) << request.url;
      EXPECT_FALSE(got.error().transient) << request.url;
    }
    EXPECT_EQ(listener->connections(), 0);
  }
  // The listeners do listen, and the names do lead there.
  HttpClient::Options open = guarded(four.port());
  open.guard.reset();
  EXPECT_EQ(
      HttpClient(open).send({.url = fmt::format("http://rebound.test:{}/", four.port())})->body,
      "caught");
  EXPECT_EQ(HttpClient().send({.url = fmt::format("http://[::1]:{}/", six.port())})->body,
            "caught");
}

TEST(AddressGuard, LooksAtTheTargetOfARedirectToo) {
  const ServerForTest inner([](const Seen&) { return Reply{.body = "caught"}; });
  const ServerForTest outer([&](const Seen& seen) {
    const std::string to = seen.target == "/name"
                               ? fmt::format("http://rebound.test:{}/", inner.port())
                               : fmt::format("http://127.0.0.2:{}/", inner.port());
    return Reply{.status = 302, .headers = {{"Location", to}}};
  });
  HttpClient::Options options;
  // 127.0.0.1 stands for a public address here.
  options.guard = AddressGuard({parse_ip_range("127.0.0.1/32").value()});
  options.resolve.push_back(fmt::format("rebound.test:{}:127.0.0.2", inner.port()));
  const HttpClient client(options);
  for (const char* target : {"/number", "/name"}) {
    Request request{.url = outer.url(target)};
    request.most_redirects = 5;
    const HttpResult got = client.send(request);
    ASSERT_FALSE(got);
    EXPECT_THAT(got.error().message, HasSubstr("loopback"));
  }
  EXPECT_EQ(outer.connections(), 1);
  EXPECT_EQ(inner.connections(), 0);
}

TEST(AddressGuard, IgnoresTheProxyOfTheEnvironment) {
  const ServerForTest proxy([](const Seen&) { return Reply{.body = "proxied"}; });
  ::setenv("http_proxy", proxy.url("").c_str(), 1);
  const HttpClient client(guarded(proxy.port()));
  EXPECT_FALSE(client.send({.url = fmt::format("http://metadata.test:{}/", proxy.port())}));
  ::unsetenv("http_proxy");
  EXPECT_EQ(proxy.connections(), 0);
}

}  // namespace
}  // namespace videogen::net
