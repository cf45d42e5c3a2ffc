#include "generate/videos.h"

#include <map>

#include "base/file.h"
#include "generate/backend_for_test_internal.h"
#include "net/multipart.h"

namespace videogen::generate {
namespace {

using State = Poll::State;

constexpr char kPngBytes[] = "\x89PNG\r\n\x1a\n\r\n--not a boundary\0 and so on";
constexpr std::string_view kPng(kPngBytes, sizeof kPngBytes - 1);

Order an_order() {
  Order order;
  order.model = "Wan-AI/Wan2.2";
  order.prompt = "A lighthouse \"in a storm\"\r\n\r\nat night";
  order.seconds = 5;
  order.seed = 7;
  order.negative_prompt = "rain";
  return order;
}

TEST(VideosRequest, IsAFormForVllm) {
  const FileForTest picture("a picture.png", kPng);
  Order order = an_order();
  order.image = picture.path();
  const auto request = videos_request(order, VideosOptions::Body::multipart);
  ASSERT_TRUE(request);
  // Read by the parser of the server's side.
  const auto parts = net::parse_multipart(request->content_type, request->body);
  ASSERT_TRUE(parts) << parts.error().message;
  std::map<std::string, std::string> fields;
  for (const auto& part : *parts) fields[part.name()] = std::string(part.bytes);
  EXPECT_EQ(fields, (std::map<std::string, std::string>{{"model", order.model},
                                                        {"prompt", order.prompt},
                                                        {"seconds", "5"},
                                                        {"size", "1280x720"},
                                                        {"negative_prompt", "rain"},
                                                        {"seed", "7"},
                                                        {"input_reference", std::string(kPng)}}));
  EXPECT_EQ(parts->back().type(), "image/png");
  EXPECT_EQ(parts->back().file_name(), "first.png");
}

TEST(VideosRequest, IsJsonForSglang) {
  Order order = an_order();
  const auto request = videos_request(order, VideosOptions::Body::json);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->content_type, "application/json");
  EXPECT_EQ(json::parse(request->body), (json{{"model", order.model},
                                              {"prompt", order.prompt},
                                              {"seconds", "5"},
                                              {"size", "1280x720"},
                                              {"negative_prompt", "rain"},
                                              {"seed", 7}}));
  order.model.clear();  // the server's own
  EXPECT_FALSE(
      json::parse(videos_request(order, VideosOptions::Body::json)->body).contains("model"));
  order.last_frame = "x.png";
  EXPECT_EQ(videos_request(order, VideosOptions::Body::json).error().code, ErrorCode::unsupported);
}

TEST(VideosSize, FollowsTheShorterSide) {
  EXPECT_EQ(videos_size("720p", "16:9"), "1280x720");
  EXPECT_EQ(videos_size("720p", "9:16"), "720x1280");
  EXPECT_EQ(videos_size("1080p", "16:9"), "1920x1080");
  EXPECT_EQ(videos_size("4k", "16:9"), "3840x2160");
  EXPECT_EQ(videos_size("480p", "16:9"), "832x480");
  EXPECT_EQ(videos_size("480p", "4:3"), "640x480");
  EXPECT_EQ(videos_size("720p", "1:1"), "720x720");
  EXPECT_EQ(videos_size("832x480", "16:9"), "832x480");
  for (const auto& [resolution, ratio] :
       {std::pair{"hd", "16:9"}, {"720p", "16"}, {"720p", "0:9"}, {"x", "16:9"}, {"p", "16:9"}})
    EXPECT_EQ(videos_size(resolution, ratio).error().code, ErrorCode::usage) << resolution;
}

State state_of(std::string_view body) {
  const auto poll = read_video(body);
  EXPECT_TRUE(poll) << body;
  return poll ? poll->state : State::gone;
}

TEST(VideoReply, IsReadLeniently) {
  for (const char* running : {R"({"status": "queued"})", R"({"status": "in_progress"})",
                              R"({"status": "pending"})", R"({"status": "denoising"})"})
    EXPECT_EQ(state_of(running), State::running) << running;
  EXPECT_EQ(read_video(R"({"status": "in_progress", "progress": 41.7})")->percent, 41);
  EXPECT_EQ(state_of(R"({"id": "v", "status": "completed", "error": null})"), State::done);
  EXPECT_EQ(state_of(R"({"status": "SUCCEEDED"})"), State::done);
  EXPECT_EQ(state_of(R"({"status": "expired"})"), State::gone);
  const auto failed =
      read_video(R"({"status": "failed", "error": {"code": "server_error", "message": "CUDA"}})");
  EXPECT_EQ(failed->state, State::failed);
  EXPECT_THAT(failed->message, HasSubstr("server_error: CUDA"));
  EXPECT_THAT(read_video(R"({"status": "failed", "error": "out of memory"})")->message,
              HasSubstr("out of memory"));
  EXPECT_EQ(state_of(R"({"status": "cancelled"})"), State::failed);
  EXPECT_EQ(state_of(R"({"status": "failed", "error": {"code": "moderation_blocked"}})"),
            State::filtered);
  for (const char* bad : {"", "[]", "{}", "<html>", R"({"status": 4})"})
    EXPECT_EQ(read_video(bad).error().code, ErrorCode::corrupt) << bad;
}

TEST(VideoReply, HasAnId) {
  EXPECT_EQ(read_video_id(R"({"id": "video_1", "status": "queued"})"), "video_1");
  EXPECT_EQ(read_video_id(R"({"id": 17})"), "17");
  EXPECT_EQ(read_video_id(R"({"status": "queued"})"), "");
  EXPECT_EQ(read_video_id("<html>"), "");
}

TEST(Videos, CreatesPollsAndFetches) {
  const std::string clip(300'000, 'v');
  const ServerForTest server([&clip](const Seen& seen) {
    if (seen.method == "POST") return Reply{.body = R"({"id": "video/1", "status": "queued"})"};
    if (seen.target.ends_with("/content")) return Reply{.body = clip};
    return Reply{.body = R"({"id": "video/1", "status": "completed"})"};
  });
  const net::HttpClient client;
  VideosOptions options;
  options.base_url = server.url("/v1/");
  options.key = net::Secret("s3cret");
  const auto backend = make_videos(client, options);
  ASSERT_TRUE(backend->prepare(an_order(), {}));
  const Submission submission = backend->submit(an_order(), {}, {});
  ASSERT_EQ(submission.operation, "video/1");
  const PollResult poll = backend->poll(submission.operation, 1, {});
  ASSERT_TRUE(poll);
  ASSERT_THAT(poll->clips, SizeIs(1));
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "clip.mp4";
  ASSERT_TRUE(backend->download(poll->clips[0], path, {}, {}));
  EXPECT_EQ(*read_file(path, 1 << 20), clip);
  const auto seen = server.seen();
  ASSERT_THAT(seen, SizeIs(3));
  EXPECT_EQ(seen[0].target, "/v1/videos");
  EXPECT_EQ(seen[1].target, "/v1/videos/video%2F1");
  EXPECT_EQ(seen[2].target, "/v1/videos/video%2F1/content");
  for (const Seen& one : seen) EXPECT_EQ(one.headers.first("authorization"), "Bearer s3cret");
}

TEST(Videos, LeavesNoFileOfAClipThatDoesNotCome) {
  const ServerForTest server([](const Seen&) { return Reply{.status = 404, .body = "gone"}; });
  const net::HttpClient client;
  const auto backend = make_videos(client, {.base_url = server.url("")});
  const TemporaryFolder kept;
  const fs::path& folder = kept.path();
  EXPECT_EQ(backend->download({server.url("/clip")}, folder / "clip.mp4", {}, {}).error().code,
            ErrorCode::not_found);
  EXPECT_TRUE(fs::is_empty(folder));
}

}  // namespace
}  // namespace videogen::generate
