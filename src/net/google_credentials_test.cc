#include "net/google_credentials.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <latch>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/handle.h"
#include "net/server_for_test_internal.h"

namespace videogen::net {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;
using Reply = ServerForTest::Reply;
using Seen = ServerForTest::Seen;
using std::chrono::seconds;

constexpr std::string_view kScope = kCloudPlatformScope;

// A key made for this run.
EVP_PKEY* rsa_key() {
  static const Handle<EVP_PKEY, EVP_PKEY_free> key(EVP_RSA_gen(2048));
  return key.get();
}

std::string pem() {
  const Handle<BIO, BIO_free_all> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), rsa_key(), nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string from_base64url(std::string text) {
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  while (text.size() % 4 != 0) text += '=';
  return from_base64(text).value_or("");
}

std::map<std::string, std::string> parse_form(const std::string& body) {
  std::map<std::string, std::string> fields;
  std::istringstream parts(body);
  for (std::string part; std::getline(parts, part, '&');) {
    const std::size_t equals = part.find('=');
    std::string value;
    for (std::size_t i = equals + 1; i < part.size(); ++i) {
      if (part[i] == '%') {
        value += static_cast<char>(std::stoi(part.substr(i + 1, 2), nullptr, 16));
        i += 2;
      } else {
        value += part[i];
      }
    }
    fields[part.substr(0, equals)] = value;
  }
  return fields;
}

// Time stands still until a test moves it.
struct FakeTime {
  std::atomic<std::chrono::steady_clock::duration> passed{};
  std::chrono::system_clock::time_point wall{seconds(1'800'000'000)};
  Timing timing{
      [this] { return std::chrono::steady_clock::time_point() + passed.load(); },
      [this] { return wall; },
      [](std::chrono::milliseconds, const std::stop_token& stop) { return !stop.stop_requested(); },
      [] { return 0.0; }};
};

Reply token_reply(const std::string& token, int seconds_left = 3600) {
  return Reply{
      .body = Json{{"access_token", token}, {"expires_in", seconds_left}, {"token_type", "Bearer"}}
                  .dump()};
}

Json service_account(const std::string& token_uri) {
  return {{"type", "service_account"},
          {"project_id", "a-project"},
          {"private_key_id", "key-7"},
          {"private_key", pem()},
          {"client_email", "robot@a-project.iam"},
          {"token_uri", token_uri}};
}

class GoogleCredentialsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("credentials." + std::to_string(::getpid()));
    fs::create_directories(folder_);
    for (const char* name :
         {"GOOGLE_APPLICATION_CREDENTIALS", "GCE_METADATA_HOST", "GCE_METADATA_IP",
          "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_QUOTA_PROJECT", "CLOUDSDK_CONFIG",
          "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "METADATA_SERVER_DETECTION"})
      ::unsetenv(name);
    ::setenv("HOME", folder_.c_str(), 1);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  GoogleCredentials make(const Json& json) {
    auto made = GoogleCredentials::from_json(json.dump(), "key.json", client_, time_.timing);
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
  }
  std::string why(const Json& json) {
    const auto made = GoogleCredentials::from_json(json.dump(), "key.json", client_, time_.timing);
    return made ? "none" : made.error().message;
  }

  fs::path folder_;
  HttpClient client_;
  FakeTime time_;
};

TEST_F(GoogleCredentialsTest, SignsForAServiceAccount) {
  const ServerForTest server([](const Seen&) { return token_reply("ya29.x"); });
  GoogleCredentials made = make(service_account(server.url("/token")));
  EXPECT_EQ(made.kind(), GoogleCredentials::Kind::service_account);
  EXPECT_EQ(made.account(), "robot@a-project.iam");
  EXPECT_EQ(made.project(), "a-project");
  const auto token = made.token(kScope, {});
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->reveal(), "ya29.x");

  auto sent = parse_form(server.seen().front().body);
  EXPECT_EQ(sent["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const std::string jwt = sent["assertion"];
  const std::size_t first = jwt.find('.'), last = jwt.rfind('.');
  EXPECT_EQ(Json::parse(from_base64url(jwt.substr(0, first))),
            (Json{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", "key-7"}}));
  EXPECT_EQ(Json::parse(from_base64url(jwt.substr(first + 1, last - first - 1))),
            (Json{{"iss", "robot@a-project.iam"},
                  {"scope", std::string(kScope)},
                  {"aud", server.url("/token")},
                  {"iat", 1'800'000'000},
                  {"exp", 1'800'003'600}}));
  const std::string signature = from_base64url(jwt.substr(last + 1));
  const std::string text = jwt.substr(0, last);
  const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  ASSERT_EQ(EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, rsa_key()), 1);
  EXPECT_EQ(EVP_DigestVerify(
                context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                signature.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size()),
            1);
}

TEST_F(GoogleCredentialsTest, RefreshesEarlyAndKeepsTokensByScope) {
  std::atomic<int> count{0};
  const ServerForTest server(
      [&](const Seen&) { return token_reply("t" + std::to_string(++count)); });
  GoogleCredentials made = make(service_account(server.url()));
  EXPECT_EQ(made.token(kScope, {})->reveal(), "t1");
  time_.passed = seconds(3299);
  EXPECT_EQ(made.token(kScope, {})->reveal(), "t1");
  EXPECT_EQ(made.token("another", {})->reveal(), "t2");
  time_.passed = seconds(3301);
  EXPECT_EQ(made.token(kScope, {})->reveal(), "t3");
  made.forget(Secret("t1"));  // is not handed out any more anyway
  EXPECT_EQ(made.token(kScope, {})->reveal(), "t3");
  made.forget(Secret("t3"));
  EXPECT_EQ(made.token(kScope, {})->reveal(), "t4");
}

TEST_F(GoogleCredentialsTest, GoesOnWithAGoodTokenWhileTheNextCannotBeHad) {
  std::atomic<bool> down{false};
  const ServerForTest server([&](const Seen&) {
    return down ? Reply{.status = 400, .body = R"({"error":"invalid_grant"})"} : token_reply("t");
  });
  GoogleCredentials made = make(service_account(server.url()));
  EXPECT_TRUE(made.token(kScope, {}));
  down = true;
  time_.passed = seconds(3500);
  EXPECT_EQ(made.token(kScope, {})->reveal(), "t");
  time_.passed = seconds(3601);
  const auto refused = made.token(kScope, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unreachable);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("robot@a-project.iam"),
                                             HasSubstr("clock may be wrong: it says 2027-01-15")));
}

TEST_F(GoogleCredentialsTest, AsksOnceForManyThreads) {
  const ServerForTest server([](const Seen&) {
    Reply reply = token_reply("shared");
    reply.delay = std::chrono::milliseconds(100);
    return reply;
  });
  GoogleCredentials made = make(service_account(server.url()));
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    std::latch start(16);
    for (int i = 0; i < 16; ++i)
      threads.emplace_back([&] {
        start.arrive_and_wait();
        const auto token = made.token(kScope, {});
        if (token && token->reveal() == "shared") ++good;
      });
  }
  EXPECT_EQ(good, 16);
  EXPECT_EQ(server.seen().size(), 1u);
}

TEST_F(GoogleCredentialsTest, RefreshesForAUser) {
  const ServerForTest server([](const Seen&) { return token_reply("user-token"); });
  GoogleCredentials made = make({{"type", "authorized_user"},
                                 {"client_id", "id"},
                                 {"client_secret", "sec&ret"},
                                 {"refresh_token", "1//refresh"},
                                 {"quota_project_id", "pays"},
                                 {"token_uri", server.url()}});
  EXPECT_EQ(made.token(kScope, {})->reveal(), "user-token");
  auto sent = parse_form(server.seen().front().body);
  EXPECT_EQ(sent, (std::map<std::string, std::string>{{"client_id", "id"},
                                                      {"client_secret", "sec&ret"},
                                                      {"refresh_token", "1//refresh"},
                                                      {"grant_type", "refresh_token"}}));
  EXPECT_EQ(made.quota_project(), "pays");
  EXPECT_EQ(made.project(), "pays");
  ::setenv("GOOGLE_CLOUD_PROJECT", "named", 1);
  EXPECT_EQ(made.project(), "named");
}

// A service that quotes what it was sent.
TEST_F(GoogleCredentialsTest, PutsNoSecretIntoAnError) {
  const ServerForTest server([](const Seen& seen) {
    auto sent = parse_form(seen.body);
    const std::string quoted =
        sent["assertion"] + " " + sent["refresh_token"] + " " + sent["client_secret"];
    return Reply{.status = 400,
                 .body = Json{{"error", "invalid_grant"}, {"error_description", quoted}}.dump()};
  });
  const auto user = make({{"type", "authorized_user"},
                          {"client_id", "id"},
                          {"client_secret", "hush-1"},
                          {"refresh_token", "hush-2"},
                          {"token_uri", server.url()}})
                        .token(kScope, {});
  ASSERT_FALSE(user);
  EXPECT_THAT(user.error().message, AllOf(Not(HasSubstr("hush")), HasSubstr("REDACTED"),
                                          HasSubstr("gcloud auth application-default login")));
}

TEST_F(GoogleCredentialsTest, AsksTheMetadataServer) {
  const ServerForTest server([](const Seen& seen) {
    Reply reply = token_reply("machine");
    if (seen.headers.first("Metadata-Flavor") != "Google") return Reply{.status = 403};
    reply.headers.add("Metadata-Flavor", "Google");
    return reply;
  });
  ::setenv("GCE_METADATA_HOST", fmt::format("127.0.0.1:{}", server.port()).c_str(), 1);
  auto found = GoogleCredentials::find(client_, {}, time_.timing);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->kind(), GoogleCredentials::Kind::metadata_server);
  EXPECT_EQ(found->token(kScope, {})->reveal(), "machine");
  EXPECT_EQ(server.seen().front().target,
            "/computeMetadata/v1/instance/service-accounts/default/token?scopes=https%3A%2F%2Fwww."
            "googleapis.com%2Fauth%2Fcloud-platform");
}

TEST_F(GoogleCredentialsTest, ExchangesTheTokenOfAnExternalAccount) {
  const ServerForTest server([](const Seen& seen) {
    if (seen.target == "/own") return Reply{.body = R"({"id":"subject-url"})"};
    if (seen.target == "/sts") return token_reply("sts:" + parse_form(seen.body)["subject_token"]);
    return Reply{.body = Json{{"accessToken", "as:" + seen.headers.first("Authorization").value()},
                              {"expireTime", "2027-01-15T08:10:00.123Z"}}
                             .dump()};
  });
  Json json{{"type", "external_account"},
            {"audience", "//iam.googleapis.com/pool"},
            {"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"},
            {"token_url", server.url("/sts")},
            {"credential_source", {{"file", write("subject", "subject-file\n")}}}};
  EXPECT_EQ(make(json).token(kScope, {})->reveal(), "sts:subject-file");
  auto sent = parse_form(server.seen().back().body);
  EXPECT_EQ(sent["grant_type"], "urn:ietf:params:oauth:grant-type:token-exchange");
  EXPECT_EQ(sent["audience"], "//iam.googleapis.com/pool");
  EXPECT_EQ(sent["requested_token_type"], "urn:ietf:params:oauth:token-type:access_token");
  EXPECT_EQ(sent["subject_token_type"], "urn:ietf:params:oauth:token-type:jwt");
  EXPECT_EQ(sent["scope"], std::string(kScope));

  json["credential_source"] = {{"url", server.url("/own")},
                               {"headers", {{"X-Machine", "7"}}},
                               {"format", {{"type", "json"}, {"subject_token_field_name", "id"}}}};
  EXPECT_EQ(make(json).token(kScope, {})->reveal(), "sts:subject-url");
  EXPECT_EQ(server.seen().at(1).headers.first("x-machine"), "7");

  json["service_account_impersonation_url"] = server.url("/impersonate");
  GoogleCredentials impersonating = make(json);
  EXPECT_EQ(impersonating.token("a-scope", {})->reveal(), "as:Bearer sts:subject-url");
  EXPECT_EQ(Json::parse(server.seen().back().body),
            (Json{{"scope", {"a-scope"}}, {"lifetime", "3600s"}}));
  // 2027-01-15T08:00:00Z is now: the token ends in 10 minutes, and is renewed after 5.
  const std::size_t before = server.seen().size();
  time_.passed = seconds(299);
  EXPECT_TRUE(impersonating.token("a-scope", {}));
  EXPECT_EQ(server.seen().size(), before);
  time_.passed = seconds(301);
  EXPECT_TRUE(impersonating.token("a-scope", {}));
  EXPECT_GT(server.seen().size(), before);
}

TEST_F(GoogleCredentialsTest, RunsAProgramOnlyWhereThatIsAllowed) {
  const ServerForTest server([](const Seen& seen) {
    return token_reply("sts:" + parse_form(seen.body)["subject_token"]);
  });
  const std::string mark = (folder_ / "mark").string();
  const std::string program = write("program.sh", fmt::format(R"(#!/bin/sh
echo "$1 $GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE" > {}
echo '{{"version":1,"success":true,"token_type":"urn:ietf:params:oauth:token-type:id_token","id_token":"from-program","expiration_time":1900000000}}'
)",
                                                              mark));
  ::chmod(program.c_str(), 0700);
  Json json{{"type", "external_account"},
            {"audience", "aud"},
            {"subject_token_type", "urn:ietf:params:oauth:token-type:id_token"},
            {"token_url", server.url()},
            {"credential_source", {{"executable", {{"command", program + " --arg"}}}}}};
  const auto refused = make(json).token(kScope, {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1"));
  EXPECT_FALSE(fs::exists(mark));
  ::setenv("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1", 1);
  const auto token = make(json).token(kScope, {});
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->reveal(), "sts:from-program");
  std::string line;
  std::ifstream marked(mark);
  std::getline(marked, line);
  EXPECT_EQ(line, "--arg aud");

  const auto wrong = [&](const std::string& script) {
    write("program.sh", "#!/bin/sh\n" + script);
    return make(json).token(kScope, {}).error().message;
  };
  EXPECT_THAT(wrong("echo '{\"success\":false,\"message\":\"not signed in\"}'"),
              HasSubstr("gives no token: not signed in"));
  EXPECT_THAT(wrong("echo nonsense"), HasSubstr("prints no JSON object"));
  EXPECT_THAT(wrong("exit 3"), HasSubstr("ends with status 3"));
  EXPECT_THAT(wrong("echo '{\"success\":true,\"id_token\":\"x\",\"expiration_time\":1}'"),
              HasSubstr("has expired"));
  json["credential_source"]["executable"]["command"] = "/none/such";
  EXPECT_EQ(make(json).token(kScope, {}).error().code, ErrorCode::not_found);
}

TEST_F(GoogleCredentialsTest, LooksInTheOrderOfGoogle) {
  const ServerForTest server([](const Seen&) { return Reply{}; });
  const std::string named = write("named.json", service_account(server.url()).dump());
  const Json user{{"type", "authorized_user"},
                  {"client_id", "i"},
                  {"client_secret", "s"},
                  {"refresh_token", "r"}};
  const auto find = [&] { return GoogleCredentials::find(client_, {}, time_.timing); };
  ::setenv("METADATA_SERVER_DETECTION", "none", 1);
  const auto none = find();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::not_found);
  EXPECT_THAT(none.error().message, HasSubstr("application_default_credentials.json"));
  ::setenv("GCE_METADATA_HOST", "127.0.0.1:1", 1);
  EXPECT_EQ(find()->kind(), GoogleCredentials::Kind::metadata_server);
  write(".config/gcloud/application_default_credentials.json", user.dump());
  EXPECT_EQ(find()->kind(), GoogleCredentials::Kind::authorized_user);
  ::setenv("CLOUDSDK_CONFIG", (folder_ / "none").c_str(), 1);
  EXPECT_EQ(find()->kind(), GoogleCredentials::Kind::metadata_server);
  ::setenv("GOOGLE_APPLICATION_CREDENTIALS", named.c_str(), 1);
  EXPECT_EQ(find()->origin(), "GOOGLE_APPLICATION_CREDENTIALS: " + named);
  // One that is named and wrong hides the others.
  ::setenv("GOOGLE_APPLICATION_CREDENTIALS", (folder_ / "absent").c_str(), 1);
  EXPECT_EQ(find().error().code, ErrorCode::not_found);
  EXPECT_THAT(find().error().message, HasSubstr("GOOGLE_APPLICATION_CREDENTIALS: cannot open"));
}

TEST_F(GoogleCredentialsTest, SaysWhatIsWrongWithAFile) {
  const auto wrong = [&](const char* field, const Json& value) {
    Json json = service_account("https://oauth2.googleapis.com/token");
    value.is_null() ? json.erase(field) : (json[field] = value, 0);
    return why(json);
  };
  EXPECT_EQ(wrong("type", "service_account"), "none");
  EXPECT_EQ(wrong("type", nullptr), "key.json: it has no type");
  EXPECT_EQ(wrong("type", "gdch_service_account"),
            "key.json: its type is gdch_service_account, which this version does not know");
  EXPECT_EQ(wrong("private_key", nullptr), "key.json: it has no private_key");
  EXPECT_EQ(wrong("client_email", nullptr), "key.json: it has no client_email");
  EXPECT_EQ(wrong("client_email", 7), "key.json: client_email is no text");
  EXPECT_THAT(wrong("private_key", "-----BEGIN PRIVATE KEY-----\nhush\n"),
              AllOf(HasSubstr("private_key is no private key in PEM"), Not(HasSubstr("hush"))));
  EXPECT_THAT(wrong("private_key", pem().substr(0, 300)), HasSubstr("cut off"));
  EXPECT_THAT(wrong("token_uri", "http://evil.example/token"), HasSubstr("no https address"));
  EXPECT_EQ(why(Json::array()), "key.json: it is no JSON object");
  EXPECT_THAT(why({{"installed", Json::object()}}), HasSubstr("an OAuth client"));
  Json external{{"type", "external_account"},
                {"audience", "a"},
                {"subject_token_type", "t"},
                {"token_url", "https://sts.googleapis.com/v1/token"}};
  EXPECT_EQ(why(external), "key.json: it has no credential_source");
  external["credential_source"] = {{"environment_id", "aws1"}};
  EXPECT_THAT(why(external), HasSubstr("AWS are not supported"));
  external["credential_source"] = {{"certificate", Json::object()}};
  EXPECT_THAT(why(external), HasSubstr("certificate (mTLS) are not supported"));
  external["credential_source"] = Json::object();
  EXPECT_THAT(why(external), HasSubstr("no file, url or executable"));
}

TEST_F(GoogleCredentialsTest, RefusesAnAnswerThatHoldsNoToken) {
  std::string body;
  const ServerForTest server([&](const Seen&) { return Reply{.body = body}; });
  GoogleCredentials made = make(service_account(server.url()));
  for (const char* bad : {"", "[]", "{}", R"({"access_token":7})", R"({"access_token":""})",
                          "<html>", R"({"id_token":"x"})"}) {
    body = bad;
    EXPECT_EQ(made.token(kScope, {}).error().code, ErrorCode::corrupt) << bad;
  }
  body = R"({"access_token":"x","expires_in":"3599"})";
  EXPECT_TRUE(made.token(kScope, {}));
}

}  // namespace
}  // namespace videogen::net
