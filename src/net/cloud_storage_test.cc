#include "net/cloud_storage.h"

#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <fstream>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "net/content_range_internal.h"
#include "net/crc32c.h"
#include "net/server_for_test_internal.h"

namespace videogen::net {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;
using Reply = ServerForTest::Reply;
using Seen = ServerForTest::Seen;
using Fault = Reply::Fault;

constexpr std::uint64_t kAll = 1 << 30;

std::string made_up(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 31 % 253);
  return bytes;
}

std::string crc_of(const std::string& bytes) {
  Crc32c sum;
  sum.update(std::as_bytes(std::span(bytes)));
  return crc32c_text(sum.value());
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Json metadata(const std::string& bytes) {
  return {{"size", std::to_string(bytes.size())},
          {"generation", "1700000000000001"},
          {"crc32c", crc_of(bytes)},
          {"contentType", "video/mp4"}};
}

const Timing& hurried() {
  static const Timing timing{
      std::chrono::steady_clock::now, std::chrono::system_clock::now,
      [](std::chrono::milliseconds, const std::stop_token& stop) { return !stop.stop_requested(); },
      [] { return 0.5; }};
  return timing;
}

// Bytes from the one that the request's Range begins with.
Reply ranged(const Seen& seen, const std::string& bytes) {
  const std::string range = seen.headers.first("Range").value_or("");
  if (range.empty()) return Reply{.body = bytes};
  const std::size_t first = std::stoul(range.substr(6));
  return Reply{.status = 206,
               .body = bytes.substr(first),
               .headers = {{"Content-Range",
                            fmt::format("bytes {}-{}/{}", first, bytes.size() - 1, bytes.size())}}};
}

bool wants_media(const Seen& seen) { return seen.target.find("alt=media") != std::string::npos; }

struct Downloaded {
  std::string bytes;
  std::optional<Error> error;
};

Downloaded download(const ServerForTest& server, std::uint64_t most = kAll,
                    const ObjectName& object = {"b", "dir/a clip.mp4"}) {
  const HttpClient client;
  const CloudStorage storage(client, nullptr, {.endpoint = server.url("")}, "", hurried());
  Downloaded got;
  const auto done = storage.download(object,
                                     [&](std::span<const std::byte> bytes) {
                                       got.bytes.append(reinterpret_cast<const char*>(bytes.data()),
                                                        bytes.size());
                                       return Status();
                                     },
                                     most, {}, {});
  if (!done) got.error = done.error();
  return got;
}

TEST(CloudStorage, ReadsItsUris) {
  const auto object = parse_gs_uri("gs://bucket/a/b c.mp4");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->bucket, "bucket");
  EXPECT_EQ(object->name, "a/b c.mp4");
  EXPECT_EQ(to_uri(*object), "gs://bucket/a/b c.mp4");
  for (const char* bad :
       {"", "gs://", "gs://b", "gs://b/", "gs:///o", "gs://b/folder/", "s3://b/o"})
    EXPECT_EQ(parse_gs_uri(bad).error().code, ErrorCode::usage) << bad;
}

TEST(CloudStorage, DownloadsAnObjectInItsGeneration) {
  const std::string bytes = made_up(1'000'000);
  const ServerForTest server([&](const Seen& seen) {
    return wants_media(seen) ? ranged(seen, bytes) : Reply{.body = metadata(bytes).dump()};
  });
  EXPECT_EQ(download(server).bytes, bytes);
  EXPECT_EQ(server.seen().at(0).target, "/storage/v1/b/b/o/dir%2Fa%20clip.mp4");
  EXPECT_EQ(server.seen().at(1).target,
            "/storage/v1/b/b/o/dir%2Fa%20clip.mp4?alt=media&generation=1700000000000001");
  EXPECT_EQ(server.seen().at(1).headers.first("accept-encoding"), "gzip");
  EXPECT_FALSE(server.seen().at(1).headers.has("range"));
}

TEST(CloudStorage, GoesOnWhereATransferBroke) {
  const std::string bytes = made_up(900'000);
  std::atomic<int> transfers{0};
  const ServerForTest server([&](const Seen& seen) {
    if (!wants_media(seen)) return Reply{.body = metadata(bytes).dump()};
    Reply reply = ranged(seen, bytes);
    const int number = ++transfers;
    if (number == 2) return Reply{.status = 503};
    if (number < 6) reply.sent = 200'000;
    return reply;
  });
  const Downloaded got = download(server);
  EXPECT_FALSE(got.error) << got.error->message;
  EXPECT_EQ(got.bytes, bytes);
  std::vector<std::string> ranges;
  for (const Seen& seen : server.seen())
    if (wants_media(seen)) {
      ranges.push_back(seen.headers.first("Range").value_or("all"));
      EXPECT_THAT(seen.target, HasSubstr("generation=1700000000000001"));
    }
  EXPECT_THAT(ranges, ElementsAre("all", "bytes=200000-", "bytes=200000-", "bytes=400000-",
                                  "bytes=600000-", "bytes=800000-"));
}

TEST(CloudStorage, CopesWithAServiceThatKnowsNoRanges) {
  const std::string bytes = made_up(300'000);
  std::atomic<int> transfers{0};
  const ServerForTest server([&](const Seen& seen) {
    if (!wants_media(seen)) return Reply{.body = metadata(bytes).dump()};
    return Reply{.body = bytes, .sent = ++transfers == 1 ? std::size_t{100'000} : bytes.size()};
  });
  EXPECT_EQ(download(server).bytes, bytes);
}

TEST(CloudStorage, FindsDamageByTheChecksum) {
  const std::string bytes = made_up(100'000);
  const ServerForTest server([&](const Seen& seen) {
    if (!wants_media(seen)) return Reply{.body = metadata(bytes).dump()};
    std::string damaged = bytes;
    damaged[77'777] ^= 1;
    return Reply{.body = damaged};
  });
  const Downloaded got = download(server);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, ErrorCode::corrupt);
  EXPECT_THAT(got.error->message, HasSubstr("not " + crc_of(bytes)));
}

TEST(CloudStorage, RefusesWhatDoesNotFit) {
  const std::string bytes = made_up(1000);
  std::string mode;
  const ServerForTest server([&](const Seen& seen) {
    if (!wants_media(seen)) return Reply{.body = metadata(bytes).dump()};
    if (mode == "more") return Reply{.body = bytes + "x"};
    if (mode == "less") return Reply{.body = bytes.substr(1)};
    if (mode == "range")
      return Reply{.status = 206, .body = bytes, .headers = {{"Content-Range", "bytes 5-9/1000"}}};
    if (mode == "gone") return Reply{.status = 404, .body = R"({"error":{"message":"No object"}})"};
    return Reply{.body = bytes};
  });
  EXPECT_EQ(download(server, 999).error->code, ErrorCode::limit);
  EXPECT_FALSE(download(server, 1000).error);
  const auto code = [&](const char* as) {
    mode = as;
    const Downloaded got = download(server);
    return got.error ? got.error->code : ErrorCode::internal;
  };
  EXPECT_EQ(code("more"), ErrorCode::limit);
  EXPECT_EQ(code("range"), ErrorCode::corrupt);
  EXPECT_EQ(code("gone"), ErrorCode::not_found);
}

TEST(CloudStorage, UnpacksWhatIsStoredPacked) {
  const std::string plain = made_up(700'000);
  const std::string bytes = gzip(plain);
  std::atomic<int> transfers{0};
  std::atomic<bool> transcodes{false}, cut{false};
  const ServerForTest server([&](const Seen& seen) {
    Json info = metadata(cut ? bytes.substr(0, bytes.size() - 9) : bytes);
    info["contentEncoding"] = "gzip";
    if (!wants_media(seen)) return Reply{.body = info.dump()};
    if (transcodes) return Reply{.body = plain.substr(0, bytes.size())};
    Reply reply = ranged(seen, cut ? bytes.substr(0, bytes.size() - 9) : bytes);
    reply.headers.add("Content-Encoding", "gzip");
    if (++transfers == 1) reply.sent = 1000;
    return reply;
  });
  const Downloaded got = download(server);
  EXPECT_FALSE(got.error) << got.error->message;
  EXPECT_EQ(got.bytes, plain);
  // The size that counts is that of what comes out.
  EXPECT_EQ(download(server, plain.size() - 1).error->code, ErrorCode::limit);
  transcodes = true;
  EXPECT_THAT(download(server).error->message, HasSubstr("unpacked it on the way"));
  transcodes = false;
  cut = true;
  EXPECT_THAT(download(server).error->message, HasSubstr("cut off"));
}

TEST(CloudStorage, SaysWhoAskedWhereThatIsRefused) {
  const ServerForTest server([](const Seen&) {
    return Reply{.status = 403, .body = R"({"error":{"message":"no permission"}})"};
  });
  const HttpClient client;
  const CloudStorage anonymous(client, nullptr, {.endpoint = server.url("")},
                               "no Google credentials: …", hurried());
  const auto refused = anonymous.info({"b", "o"}, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unreachable);
  EXPECT_THAT(refused.error().message,
              HasSubstr("403 Forbidden: no permission (no Google credentials: …)"));
}

TEST(CloudStorage, TakesAFreshTokenWhereOneIsRefused) {
  std::atomic<int> tokens{0};
  const std::string bytes = made_up(1000);
  const ServerForTest server([&](const Seen& seen) {
    if (seen.target == "/token")
      return Reply{.body = fmt::format(R"({{"access_token":"t{}"}})", ++tokens)};
    if (seen.headers.first("authorization") != "Bearer t2") return Reply{.status = 401};
    EXPECT_EQ(seen.headers.first("x-goog-user-project"), "payer");
    return Reply{.body = wants_media(seen) ? bytes : metadata(bytes).dump()};
  });
  const HttpClient client;
  auto credentials = GoogleCredentials::from_json(Json{{"type", "authorized_user"},
                                                       {"client_id", "i"},
                                                       {"client_secret", "s"},
                                                       {"refresh_token", "r"},
                                                       {"quota_project_id", "payer"},
                                                       {"token_uri", server.url("/token")}}
                                                      .dump(),
                                                  "user.json", client);
  ASSERT_TRUE(credentials);
  const CloudStorage storage(client, &*credentials, {.endpoint = server.url("")}, "", hurried());
  EXPECT_TRUE(storage.info({"b", "o"}, {}));
  EXPECT_EQ(tokens, 2);
}

// A service that keeps what it is sent, with one fault.
class UploadServer {
 public:
  enum class Trouble { none, lost_answer, busy, forgets, half, exists };
  explicit UploadServer(Trouble trouble)
      : trouble_(trouble), server_([this](const Seen& seen) { return answer(seen); }) {}

  Result<ObjectInfo> upload(const std::string& bytes) {
    const std::string path = testing::TempDir() + "upload." + std::to_string(::getpid());
    std::ofstream(path, std::ios::binary) << bytes;
    const HttpClient client;
    const CloudStorage storage(
        client, nullptr, {.endpoint = server_.url(""), .upload_chunk = 256 << 10}, "", hurried());
    auto done =
        storage.upload({"b", "o/p"}, path, "video/mp4", CloudStorage::Existing::refuse, {}, {});
    ::unlink(path.c_str());
    return done;
  }
  std::string kept;
  int sessions = 0;

 private:
  Reply answer(const Seen& seen) {
    const std::lock_guard lock(mutex_);
    if (seen.method == "POST") {
      if (trouble_ == Trouble::exists) return Reply{.status = 412};
      kept.clear();
      ++sessions;
      EXPECT_EQ(seen.target,
                "/upload/storage/v1/b/b/o?uploadType=resumable&name=o%2Fp&ifGenerationMatch=0");
      return Reply{.headers = {{"Location", fmt::format("/session/{}", sessions)}}};
    }
    const std::string range = seen.headers.first("Content-Range").value_or("");
    const std::size_t total = std::stoul(range.substr(range.find('/') + 1));
    const bool fault = !seen.body.empty() && kept.size() >= (256 << 10) && sessions == 1 &&
                       !std::exchange(faulted_, true);
    if (fault && trouble_ == Trouble::busy) return Reply{.status = 503};
    if (fault && trouble_ == Trouble::forgets) return Reply{.status = 410};
    if (!seen.body.empty()) {
      const ServedRange sent = parse_served_range(range).value();
      EXPECT_EQ(sent.first, kept.size());
      EXPECT_EQ(sent.last - sent.first + 1, seen.body.size());
      kept += fault && trouble_ == Trouble::half ? seen.body.substr(0, 100'000) : seen.body;
    }
    if (fault && trouble_ == Trouble::lost_answer) return Reply{.fault = Fault::reset};
    if (kept.size() == total) return Reply{.body = metadata(kept).dump()};
    Reply more{.status = 308};
    if (!kept.empty()) more.headers.add("Range", fmt::format("bytes=0-{}", kept.size() - 1));
    return more;
  }
  Trouble trouble_;
  bool faulted_ = false;
  std::mutex mutex_;
  ServerForTest server_;
};

TEST(CloudStorage, UploadsInPiecesAndGoesOnAfterTrouble) {
  using Trouble = UploadServer::Trouble;
  const std::string bytes = made_up(900'000);
  for (const Trouble trouble :
       {Trouble::none, Trouble::lost_answer, Trouble::busy, Trouble::forgets, Trouble::half}) {
    UploadServer server(trouble);
    const auto stored = server.upload(bytes);
    ASSERT_TRUE(stored) << stored.error().message;
    EXPECT_EQ(server.kept, bytes);
    EXPECT_EQ(stored->generation, "1700000000000001");
    EXPECT_EQ(server.sessions, trouble == Trouble::forgets ? 2 : 1);
  }
  UploadServer empty(Trouble::none);
  EXPECT_TRUE(empty.upload(""));
  UploadServer taken(Trouble::exists);
  EXPECT_EQ(taken.upload("x").error().code, ErrorCode::usage);
}

TEST(ContentRange, IsReadStrictly) {
  const auto range = parse_served_range("bytes 5-9/10");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 5u);
  EXPECT_EQ(range->last, 9u);
  EXPECT_EQ(range->total, 10u);
  EXPECT_EQ(parse_served_range("bytes 0-0/*")->total, std::nullopt);
  for (const char* bad : {"", "bytes", "bytes */10", "bytes 9-5/10", "bytes 5-10/10", "bytes 5-/10",
                          "bytes -5/10", "bytes 5-9/10 ", "bytes 5-9", "bits 5-9/10",
                          "bytes 99999999999999999999-9/10", "bytes 1-2/x", "bytes +1-2/9"})
    EXPECT_FALSE(parse_served_range(bad)) << bad;
  EXPECT_EQ(parse_kept_range("bytes=0-99"), 100u);
  EXPECT_EQ(parse_kept_range("0-99"), 100u);  // as some emulators write it
  for (const char* bad :
       {"", "bytes=1-99", "bytes=0-", "bytes=0-x", "bytes=0-18446744073709551615"})
    EXPECT_FALSE(parse_kept_range(bad)) << bad;
}

}  // namespace
}  // namespace videogen::net
