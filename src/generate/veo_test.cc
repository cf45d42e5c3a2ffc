#include "generate/veo.h"

#include <cstdlib>

#include <fmt/format.h>

#include "generate/backend_for_test_internal.h"

namespace videogen::generate {
namespace {

using ::testing::ElementsAre;

constexpr std::string_view kName =
    "projects/p/locations/us-central1/publishers/google/models/veo-3.1-generate-001/operations/1a";
constexpr std::string_view kPng = "\x89PNG\r\n\x1a\n and so on";

const net::Timing& hurried() {
  static const net::Timing timing{
      std::chrono::steady_clock::now, std::chrono::system_clock::now,
      [](std::chrono::milliseconds, const std::stop_token& stop) { return !stop.stop_requested(); },
      [] { return 0.5; }};
  return timing;
}

Order an_order() {
  Order order;
  order.model = "veo-3.1-generate-001";
  order.prompt = "A lighthouse \"in a storm\"\nat night";
  return order;
}

json request_of(const Order& order, std::string_view storage = "") {
  const auto body = veo_request(order, storage);
  EXPECT_TRUE(body) << body.error().message;
  return json::parse(body.value_or("null"));
}

// The documented body: reference/google-cloud.md, section 1.
TEST(VeoRequest, IsAsDocumented) {
  Order order = an_order();
  EXPECT_EQ(request_of(order), json::parse(R"({
      "instances": [{"prompt": "A lighthouse \"in a storm\"\nat night"}],
      "parameters": {"sampleCount": 1, "durationSeconds": 8, "aspectRatio": "16:9",
                     "resolution": "720p", "generateAudio": true}})"));
  order.samples = 4;
  order.seconds = 6;
  order.aspect_ratio = "9:16";
  order.resolution = "1080p";
  order.seed = 4294967295;
  order.negative_prompt = "rain";
  order.audio = false;
  EXPECT_EQ(request_of(order, "gs://b/prefix/")["parameters"], json::parse(R"({
      "sampleCount": 4, "storageUri": "gs://b/prefix/", "durationSeconds": 6,
      "aspectRatio": "9:16", "resolution": "1080p", "seed": 4294967295,
      "negativePrompt": "rain", "generateAudio": false})"));
}

TEST(VeoRequest, CarriesPicturesInline) {
  const FileForTest first("first.png", kPng), last("last.jpg", "\xff\xd8\xff\xe0 jpeg");
  Order order = an_order();
  order.image = first.path();
  order.last_frame = last.path();
  const json instance = request_of(order)["instances"][0];
  EXPECT_EQ(instance["image"],
            (json{{"bytesBase64Encoded", base64(kPng)}, {"mimeType", "image/png"}}));
  EXPECT_EQ(instance["lastFrame"]["mimeType"], "image/jpeg");

  Order with_references = an_order();
  with_references.references = {first.path(), last.path()};
  const json references = request_of(with_references)["instances"][0]["referenceImages"];
  ASSERT_EQ(references.size(), 2);
  EXPECT_EQ(references[1]["referenceType"], "asset");
  EXPECT_EQ(references[1]["image"]["mimeType"], "image/jpeg");

  const FileForTest text("text.png", "no picture");
  order.image = text.path();
  EXPECT_EQ(veo_request(order, "").error().code, ErrorCode::corrupt);
  order.image = "/nowhere.png";
  EXPECT_EQ(veo_request(order, "").error().code, ErrorCode::not_found);
}

TEST(VeoRequest, ContinuesAClip) {
  const FileForTest first("first.png", kPng), clip("clip.mp4", "a clip");
  Order order = an_order();
  order.image = first.path();
  order.extension_seconds = 7;
  order.video = "gs://b/clip.mp4";
  json body = request_of(order);
  EXPECT_EQ(body["instances"][0]["video"],
            (json{{"gcsUri", "gs://b/clip.mp4"}, {"mimeType", "video/mp4"}}));
  EXPECT_FALSE(body["instances"][0].contains("image"));  // excludes video
  EXPECT_EQ(body["parameters"]["durationSeconds"], 7);
  order.video = clip.path().string();
  EXPECT_EQ(request_of(order)["instances"][0]["video"]["bytesBase64Encoded"], base64("a clip"));
}

Poll poll_of(std::string_view body, int samples = 1) {
  const auto poll = read_veo_operation(body, samples);
  EXPECT_TRUE(poll) << poll.error().message;
  return poll.value_or(Poll());
}

// The replies of reference/google-cloud.md, section 1, and of the issues that section 7 names.
TEST(VeoOperationReply, ToldApart) {
  using State = Poll::State;
  EXPECT_EQ(poll_of(R"({"name": "projects/x/operations/1"})").state, State::running);
  EXPECT_EQ(poll_of(R"({"name": "x", "done": false})").state, State::running);

  const Poll done = poll_of(R"({"name": "x", "done": true, "response": {
      "@type": "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse",
      "raiMediaFilteredCount": 0, "raiMediaFilteredReasons": [],
      "videos": [{"gcsUri": "gs://b/prefix/1/sample_0.mp4", "mimeType": "video/mp4"}]}})");
  EXPECT_EQ(done.state, State::done);
  ASSERT_THAT(done.clips, SizeIs(1));
  EXPECT_EQ(done.clips[0].uri, "gs://b/prefix/1/sample_0.mp4");
  EXPECT_EQ(done.clips[0].mime_type, "video/mp4");

  const Poll inline_clips = poll_of(fmt::format(R"({{"done": true, "response": {{"videos": [
          {{"bytesBase64Encoded": "{}", "mimeType": "video/mp4"}},
          {{"mimeType": "video/mp4", "bytesBase64Encoded": "{}"}}]}}}})",
                                                base64("first clip"), base64("second")),
                                    2);
  EXPECT_EQ(inline_clips.state, State::done);
  ASSERT_THAT(inline_clips.clips, SizeIs(2));
  EXPECT_EQ(inline_clips.clips[0].bytes, "first clip");
  EXPECT_EQ(inline_clips.clips[1].bytes, "second");

  const Poll filtered = poll_of(R"({"done": true, "response": {"raiMediaFilteredCount": 1,
      "raiMediaFilteredReasons": ["Veo could not generate videos. Support codes: 58061214, 15236754"]}})");
  EXPECT_EQ(filtered.state, State::filtered);
  EXPECT_EQ(filtered.withheld, 1);
  EXPECT_THAT(filtered.support_codes, ElementsAre(58061214, 15236754));
  EXPECT_THAT(filtered.message, HasSubstr("58061214: a child; 15236754: a celebrity"));

  const Poll partial = poll_of(R"({"done": true, "response": {"raiMediaFilteredCount": 1,
      "raiMediaFilteredReasons": ["Support code: 61493863"],
      "videos": [{"gcsUri": "gs://b/0.mp4"}]}})",
                               2);
  EXPECT_EQ(partial.state, State::partial);
  EXPECT_THAT(partial.clips, SizeIs(1));
  EXPECT_THAT(partial.message, HasSubstr("1 of 2 clips came; filters withheld the others"));
  EXPECT_THAT(partial.message, HasSubstr("violence"));

  const Poll failed = poll_of(R"({"done": true, "error": {"code": 3, "message":
      "The prompt could not be submitted. Support codes: 62263041"}})");
  EXPECT_EQ(failed.state, State::failed);
  EXPECT_EQ(failed.code, 3);
  EXPECT_THAT(failed.message, HasSubstr("INVALID_ARGUMENT (3): The prompt could not"));
  EXPECT_THAT(failed.message, HasSubstr("dangerous content"));

  // googleapis/python-genai#1559: done, and nothing else.
  for (const char* nothing : {R"({"done": true})", R"({"done": true, "response": null})",
                              R"({"done": true, "response": {"videos": []}})"}) {
    const Poll poll = poll_of(nothing);
    EXPECT_EQ(poll.state, State::failed) << nothing;
    EXPECT_THAT(poll.message, HasSubstr("without clips and without a reason"));
  }
}

TEST(VeoOperationReply, RefusesWhatCannotBeOne) {
  for (const char* bad :
       {"", "<html>", "[]", "{}", R"({"done": "yes"})", R"({"done": true)",
        R"({"done": true, "response": {"videos": [{"bytesBase64Encoded": "#"}]}})"})
    EXPECT_EQ(read_veo_operation(bad, 1).error().code, ErrorCode::corrupt) << bad;
  // Types that nobody promised break nothing.
  EXPECT_EQ(poll_of(R"({"done": true, "error": {"code": "three", "message": 7}})").code, 2);
  EXPECT_EQ(poll_of(R"({"done": true, "response": {"videos": {"a": 1}, "raiMediaFilteredCount": "x",
      "raiMediaFilteredReasons": [null, 5]}})")
                .state,
            Poll::State::failed);
}

TEST(VeoOperationName, IsReadOnlyWhereItIsOne) {
  const auto operation = parse_veo_operation(kName);
  ASSERT_TRUE(operation);
  EXPECT_EQ(operation->model, "veo-3.1-generate-001");
  EXPECT_EQ(operation->project, "p");
  EXPECT_EQ(operation->path, kName.substr(0, kName.find("/operations/")));
  for (const char* bad :
       {"", "operations/1", "projects/p/locations/l/publishers/google/models/m/operations/",
        "projects/p/locations/l/publishers/google/models/../operations/1",
        "projects/p?x/locations/l/publishers/google/models/m/operations/1",
        "projects/p/locations/l/publishers/google/models/m/operations/1/2"})
    EXPECT_EQ(parse_veo_operation(bad).error().code, ErrorCode::usage) << bad;
}

TEST(VertexHost, IsThatOfTheLocation) {
  EXPECT_EQ(vertex_host("us-central1"), "https://us-central1-aiplatform.googleapis.com");
  EXPECT_EQ(vertex_host("global"), "https://aiplatform.googleapis.com");
  EXPECT_EQ(vertex_host("eu"), "https://aiplatform.eu.rep.googleapis.com");
}

// A back end that asks with a key, and a server that says what it is told to.
class Asking {
 public:
  explicit Asking(ServerForTest::Handler handler, std::string project = "")
      : server_(std::move(handler)) {
    VeoOptions options;
    options.base_url = server_.url("/");
    options.project = std::move(project);
    options.api_key = net::Secret("a key");
    options.traceparent = [] { return std::string("00-1234-5678-01"); };
    backend_ = make_veo(client_, options, hurried());
  }
  Submission submit() {
    EXPECT_TRUE(backend_->prepare(an_order(), {}));
    return backend_->submit(an_order(), {}, {});
  }
  PollResult poll(const std::string& name = std::string(kName)) {
    return backend_->poll(name, 1, {});
  }
  [[nodiscard]] std::vector<Seen> seen() const { return server_.seen(); }
  Backend& backend() { return *backend_; }

 private:
  net::HttpClient client_;
  ServerForTest server_;
  std::unique_ptr<Backend> backend_;
};

TEST(Veo, AsksWithAKeyAndWithoutAProject) {
  Asking asking([](const Seen&) { return Reply{.body = json{{"name", kName}}.dump()}; });
  const Submission submission = asking.submit();
  EXPECT_EQ(submission.state, Submission::State::accepted);
  EXPECT_EQ(submission.operation, kName);
  ASSERT_TRUE(asking.poll());
  const auto seen = asking.seen();
  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_EQ(seen[0].method, "POST");
  EXPECT_EQ(seen[0].target, "/v1/publishers/google/models/veo-3.1-generate-001:predictLongRunning");
  EXPECT_EQ(seen[0].headers.first("x-goog-api-key"), "a key");
  EXPECT_EQ(seen[0].headers.first("traceparent"), "00-1234-5678-01");
  EXPECT_EQ(seen[0].headers.first("content-type"), "application/json");
  EXPECT_EQ(json::parse(seen[0].body), request_of(an_order()));
  // The poll's path comes from the name.
  EXPECT_EQ(seen[1].target,
            "/v1/projects/p/locations/us-central1/publishers/google/models/veo-3.1-generate-001:"
            "fetchPredictOperation");
  EXPECT_EQ(json::parse(seen[1].body), (json{{"operationName", kName}}));
}

TEST(Veo, PutsAProjectIntoThePath) {
  Asking asking([](const Seen&) { return Reply{.body = json{{"name", kName}}.dump()}; }, "p q");
  (void)asking.submit();
  EXPECT_EQ(asking.seen().at(0).target,
            "/v1/projects/p%20q/locations/us-central1/publishers/google/models/"
            "veo-3.1-generate-001:predictLongRunning");
}

struct Ending {
  Reply reply;
  Submission::State state;
  std::size_t sent;  // requests in all
  ErrorCode code = ErrorCode::internal;
};

TEST(Veo, SendsAnOrderAgainOnlyWhereItWasNotTaken) {
  using State = Submission::State;
  const std::string error = R"({"error": {"code": 0, "message": "No.", "status": "X"}})";
  const std::vector<Ending> endings{
      {{.status = 400, .body = error}, State::refused, 1, ErrorCode::corrupt},
      {{.status = 401, .body = error}, State::refused, 1, ErrorCode::unreachable},
      {{.status = 403, .body = error}, State::refused, 1, ErrorCode::unreachable},
      {{.status = 404, .body = error}, State::refused, 1, ErrorCode::not_found},
      {{.status = 429, .body = error}, State::refused, 5, ErrorCode::budget},
      {{.status = 503, .body = error}, State::refused, 5, ErrorCode::unreachable},
      {{.status = 408, .body = error}, State::unknown, 1, ErrorCode::unreachable},
      {{.status = 500, .body = error}, State::unknown, 1, ErrorCode::unreachable},
      {{.status = 502, .body = error}, State::unknown, 1, ErrorCode::unreachable},
      {{.status = 504, .body = error}, State::unknown, 1, ErrorCode::unreachable},
      {{.body = "<html>"}, State::unknown, 1, ErrorCode::unreachable},
      {{.body = R"({"name": "operations/1"})"}, State::unknown, 1, ErrorCode::unreachable},
      {{.body = "{", .sent = 0}, State::unknown, 1, ErrorCode::unreachable},
      {{.fault = Reply::Fault::reset}, State::unknown, 1, ErrorCode::unreachable}};
  for (const Ending& ending : endings) {
    Asking asking([&ending](const Seen&) { return ending.reply; });
    const Submission submission = asking.submit();
    EXPECT_EQ(submission.state, ending.state) << ending.reply.status << ending.reply.body;
    EXPECT_EQ(submission.error.code, ending.code) << submission.error.message;
    EXPECT_EQ(asking.seen().size(), ending.sent) << ending.reply.status;
    EXPECT_EQ(submission.error.message.find("a key"), std::string::npos);
  }
}

TEST(Veo, WasNotTakenWhereNobodyListens) {
  const net::HttpClient client;
  VeoOptions options;
  options.base_url = "http://127.0.0.1:1";
  options.api_key = net::Secret("k");
  const auto backend = make_veo(client, options, hurried());
  ASSERT_TRUE(backend->prepare(an_order(), {}));
  const Submission submission = backend->submit(an_order(), {}, {});
  EXPECT_EQ(submission.state, Submission::State::refused);
  EXPECT_EQ(submission.error.code, ErrorCode::unreachable);
}

TEST(Veo, TellsAnUnknownOperationFromTrouble) {
  Asking gone([](const Seen&) { return Reply{.status = 404}; });
  ASSERT_TRUE(gone.poll());
  EXPECT_EQ(gone.poll()->state, Poll::State::gone);
  Asking denied([](const Seen&) { return Reply{.status = 403}; });
  EXPECT_FALSE(denied.poll().error().may_heal);
  EXPECT_THAT(denied.seen(), SizeIs(1));
  Asking busy([](const Seen&) { return Reply{.status = 503}; });
  EXPECT_TRUE(busy.poll().error().may_heal);
  EXPECT_THAT(busy.seen(), SizeIs(5));
  Asking portal([](const Seen&) { return Reply{.body = "<html>"}; });
  EXPECT_TRUE(portal.poll().error().may_heal);
  EXPECT_EQ(portal.poll("operations/1").error().code, ErrorCode::usage);
}

// 24 MB of Base64: past the 16 MiB that an answer may have elsewhere.
TEST(Veo, TakesInlineClipsOfAnySize) {
  std::string clip(18'000'000, 'x');
  for (std::size_t i = 0; i < clip.size(); i += 97) clip[i] = static_cast<char>(i);
  Asking asking([&clip](const Seen&) {
    return Reply{.body = R"({"done": true, "response": {"videos": [{"bytesBase64Encoded": ")" +
                         base64(clip) + R"("}]}})"};
  });
  const PollResult poll = asking.poll();
  ASSERT_TRUE(poll) << poll.error().message;
  ASSERT_THAT(poll->clips, SizeIs(1));
  EXPECT_TRUE(poll->clips[0].bytes == clip);
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "clip.mp4";
  ASSERT_TRUE(asking.backend().download(poll->clips[0], path, {}, {}));
  EXPECT_EQ(fs::file_size(path), clip.size());
}

TEST(VeoOptionsFromEnvironment, TakeAKeyOnlyWhereNoAccountIsNamed) {
  ::setenv("GOOGLE_API_KEY", "k", 1);
  ::setenv("GOOGLE_CLOUD_PROJECT", "p", 1);
  ::unsetenv("GOOGLE_APPLICATION_CREDENTIALS");
  EXPECT_TRUE(veo_options_from_environment().api_key.empty());
  ::unsetenv("GOOGLE_CLOUD_PROJECT");
  EXPECT_FALSE(veo_options_from_environment().api_key.empty());
  ::unsetenv("GOOGLE_API_KEY");
  EXPECT_EQ(veo_options_from_environment().location, "us-central1");
}

}  // namespace
}  // namespace videogen::generate
