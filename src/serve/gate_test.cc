#include "serve/gate.h"

#include <gtest/gtest.h>

namespace videogen::serve {
namespace {

net::ServerRequest request(std::initializer_list<std::pair<std::string, std::string>> headers) {
  net::ServerRequest made;
  for (const auto& [name, value] : headers) made.headers.add(name, value);
  return made;
}

// The status of a refusal; 0: let in.
int refusal(const Gate& gate, const std::string& host, const std::string& origin = "") {
  net::ServerRequest asked = request({{"Host", host}});
  if (!origin.empty()) asked.headers.add("Origin", origin);
  const auto refused = gate.refuse(asked);
  return refused ? refused->status : 0;
}

TEST(Gate, OnLoopbackTakesLoopbacksNamesOnly) {
  const ServiceOptions options;
  const Tokens tokens;
  const Gate gate(options, tokens);
  for (const char* host : {"localhost", "LocalHost:8080", "127.0.0.1:80", "127.8.9.1", "[::1]:5"})
    EXPECT_EQ(refusal(gate, host), 0) << host;
  for (const char* host :
       {"evil.example", "localhost.evil.example", "10.0.0.1", "", "[::1", "::1",
        "127.0.0.1.evil.example", "evil.example:127.0.0.1", "0.0.0.0", "2130706433"})
    EXPECT_EQ(refusal(gate, host), 421) << host;
  EXPECT_EQ(gate.refuse(request({}))->status, 400);
  EXPECT_EQ(gate.refuse(request({{"Host", "localhost"}, {"host", "localhost"}}))->status, 400);
}

TEST(Gate, ElsewhereTakesAddressesAndItsOwnName) {
  ServiceOptions options;
  options.address = "0.0.0.0";
  options.root_url = "https://Clips.example:8443";
  const Tokens tokens;
  const Gate gate(options, tokens);
  for (const char* host : {"10.0.0.1:80", "[2001:db8::1]", "clips.example", "CLIPS.example:9"})
    EXPECT_EQ(refusal(gate, host), 0) << host;
  for (const char* host : {"evil.example", "clips.example.evil.example", "sub.clips.example"})
    EXPECT_EQ(refusal(gate, host), 421) << host;
}

TEST(Gate, TakesPagesOfItsOwnOriginOnly) {
  ServiceOptions options;
  options.root_url = "https://clips.example";
  const Tokens tokens;
  const Gate gate(options, tokens);
  EXPECT_EQ(refusal(gate, "localhost:8080", "http://localhost:8080"), 0);
  EXPECT_EQ(refusal(gate, "localhost:8080", "https://clips.example"), 0);
  for (const char* origin : {"http://localhost", "http://localhost:8081", "http://127.0.0.1:8080",
                             "null", "http://evil.example", "https://clips.example.evil.example",
                             "ftp://localhost:8080", "file://"})
    EXPECT_EQ(refusal(gate, "localhost:8080", origin), 403) << origin;
}

TEST(Gate, KnowsACallerByHeaderOrCookie) {
  const ServiceOptions options;
  const Tokens tokens = *Tokens::parse("anna t%1\nben t2\n", "file");
  const Gate gate(options, tokens);
  EXPECT_EQ(gate.tenant(request({{"Authorization", "Bearer t%1"}})), "anna");
  EXPECT_EQ(gate.tenant(request({{"authorization", "bearer  t2"}})), "ben");
  EXPECT_EQ(gate.tenant(request({{"Cookie", "a=b; videogen_token=t%251; c=d"}})), "anna");
  // Whoever shows a wrong token is not saved by a cookie.
  EXPECT_EQ(gate.tenant(request({{"Authorization", "Bearer x"}, {"Cookie", "videogen_token=t2"}})),
            std::nullopt);
  for (const char* cookie : {"", "videogen_token", "videogen_token=", "x_videogen_token=t2", "t2"})
    EXPECT_EQ(gate.tenant(request({{"Cookie", cookie}})), std::nullopt) << cookie;
  const Tokens none;
  EXPECT_EQ(Gate(options, none).tenant(request({})), kLocalTenant);
}

TEST(Gate, GivesEveryAnswerTheHeadersThatItLacks) {
  net::ServerResponse response;
  response.headers.add("Content-Security-Policy", "mine");
  add_security_headers(response);
  EXPECT_EQ(response.headers.find("content-security-policy"), "mine");
  EXPECT_EQ(response.headers.find("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(response.headers.find("Cache-Control"), "no-store");
}

}  // namespace
}  // namespace videogen::serve
