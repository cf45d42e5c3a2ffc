#include "generate/judge.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/file.h"
#include "generate/judge_frames.h"
#include "generate/judge_reply.h"
#include "media/frame_writer.h"
#include "media/picture.h"
#include "net/http_server.h"

namespace videogen::generate {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Answers chat completions with what a test gives it, and keeps what it was asked.
class Judge {
 public:
  explicit Judge(std::string says, int status = 200)
      : says_(std::move(says)), status_(status), server_(net::HttpServer::listen({})) {
    EXPECT_TRUE(server_) << server_.error().message;
    thread_ = std::jthread([this](const std::stop_token& stop) {
      server_->serve([this](const net::ServerRequest& request) { return answer(request); }, stop);
    });
  }
  [[nodiscard]] std::string url() const {
    return fmt::format("http://127.0.0.1:{}", server_->port());
  }
  [[nodiscard]] json asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  [[nodiscard]] std::string field(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = headers_.find(name);
    return found ? std::string(*found) : "";
  }
  [[nodiscard]] int requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  net::ServerResponse answer(const net::ServerRequest& request) {
    const std::lock_guard lock(mutex_);
    ++requests_;
    net::ServerResponse response;
    response.status = request.path == "/v1/chat/completions" ? status_ : 404;
    asked_ = json::parse(request.body.bytes(), nullptr, false);
    headers_ = request.headers;
    json reply{{"choices", {{{"message", {{"role", "assistant"}, {"content", says_}}}}}}};
    response.body = status_ == 200 ? reply.dump() : says_;
    return response;
  }

  std::string says_;
  int status_;
  mutable std::mutex mutex_;
  json asked_;
  net::Headers headers_;
  int requests_ = 0;
  Result<net::HttpServer> server_;
  std::jthread thread_;
};

// Frame i is one grey: 10·i.
class JudgeTest : public testing::Test {
 protected:
  JudgeTest() {
    path_ = std::filesystem::path(testing::TempDir()) / fmt::format("judge.{}.mp4", ::getpid());
    write(path_, 24, 640, 360);
  }
  ~JudgeTest() override { std::filesystem::remove(path_); }

  static void write(const std::filesystem::path& path, int frames, int width, int height) {
    media::WriteOptions options;
    options.width = width;
    options.height = height;
    options.frame_rate = {12, 1};
    auto writer = media::FrameWriter::create(path, options);
    ASSERT_TRUE(writer) << writer.error().message;
    for (int i = 0; i < frames; ++i) {
      media::Image picture(width, height);
      std::ranges::fill(picture.rgb, std::uint8_t(10 * i));
      ASSERT_TRUE(writer->write(picture));
    }
    ASSERT_TRUE(writer->finish());
  }

  Result<coherence::Opinion> ask(const JudgeOptions& options, std::string_view prompt = "a cat") {
    return ask_judge(path_, prompt, options, client_);
  }

  // The picture of a part of a message.
  static media::Image decoded(const json& part) {
    const auto url = part["image_url"]["url"].get<std::string>();
    constexpr std::string_view kHead = "data:image/jpeg;base64,";
    EXPECT_EQ(url.substr(0, kHead.size()), kHead);
    const auto path =
        std::filesystem::path(testing::TempDir()) / fmt::format("judge.{}.jpg", ::getpid());
    std::ofstream(path, std::ios::binary) << from_base64(url.substr(kHead.size())).value();
    auto picture = media::read_picture(path);
    std::filesystem::remove(path);
    EXPECT_TRUE(picture) << picture.error().message;
    return picture ? *std::move(picture) : media::Image(1, 1);
  }

  std::filesystem::path path_;
  net::HttpClient client_;
};

TEST_F(JudgeTest, SeesFramesAtTheirTimesAndKeepsItsOpinion) {
  const Judge judge(R"({"score": 7.5, "issues": ["six fingers in frame 2"], "comment": "good"})");
  const auto opinion = ask({.url = judge.url(),
                            .model = "qwen",
                            .key = net::Secret("k"),
                            .frames = 4,
                            .traceparent = "00-1-2-01"});
  ASSERT_TRUE(opinion) << opinion.error().message;
  EXPECT_EQ(opinion->score, 7.5);
  EXPECT_THAT(opinion->issues, ElementsAre("six fingers in frame 2"));
  EXPECT_EQ(opinion->comment, "good");
  EXPECT_EQ(opinion->model, "qwen");
  EXPECT_EQ(opinion->layout, "frames");
  // 24 frames in four stretches of six: the middles are 3, 9, 15 and 21, at 12 a second.
  EXPECT_THAT(opinion->times_s, ElementsAre(0.25, 0.75, 1.25, 1.75));
  EXPECT_EQ(opinion->passed(), std::nullopt);

  const json asked = judge.asked();
  EXPECT_EQ(asked["model"], "qwen");
  EXPECT_EQ(asked["temperature"], 0);
  EXPECT_EQ(asked["stream"], false);
  EXPECT_EQ(judge.field("Authorization"), "Bearer k");
  EXPECT_EQ(judge.field("traceparent"), "00-1-2-01");
  const json& parts = asked["messages"][0]["content"];
  ASSERT_THAT(parts, SizeIs(9));
  EXPECT_EQ(parts[2]["text"], "Frame 2 t=0.75s");
  for (int i = 0; i < 4; ++i) {
    const media::Image picture = decoded(parts[std::size_t(2 * i + 1)]);
    EXPECT_EQ(picture.width, 448);
    EXPECT_EQ(picture.height, 252);  // 16:9
    EXPECT_NEAR(picture.rgb[picture.rgb.size() / 2], 10 * (3 + 6 * i), 4);
  }
  const auto text = parts[8]["text"].get<std::string>();
  EXPECT_THAT(text, HasSubstr("<prompt>\na cat\n</prompt>"));
  Sha256 digest;
  digest.update(text);
  EXPECT_EQ(opinion->instruction_sha256, digest.hex());
}

TEST_F(JudgeTest, SeesASheetWhereOnePictureIsAllItTakes) {
  const Judge judge(R"({"score": 3})");
  const auto opinion = ask({.url = judge.url() + "/v1/",
                            .model = "m",
                            .frames = 6,
                            .layout = JudgeOptions::Layout::contact_sheet});
  ASSERT_TRUE(opinion) << opinion.error().message;
  EXPECT_EQ(opinion->layout, "contact_sheet");
  const json parts = judge.asked()["messages"][0]["content"];
  ASSERT_THAT(parts, SizeIs(2));
  const media::Image sheet = decoded(parts[0]);
  EXPECT_EQ(sheet.width, 3 * 298);
  EXPECT_EQ(sheet.height, 2 * 168);
  // Row by row: frames 2, 6, 10 above 14, 18, 22.
  const auto grey = [&](int column, int row) {
    return int(sheet.row(row * 168 + 84)[std::size_t(column * 298 + 149) * 3]);
  };
  EXPECT_NEAR(grey(0, 0), 20, 4);
  EXPECT_NEAR(grey(2, 0), 100, 4);
  EXPECT_NEAR(grey(0, 1), 140, 4);
  EXPECT_NEAR(grey(2, 1), 220, 4);
}

TEST_F(JudgeTest, SaysWhatTheServerDid) {
  const Judge full("{\"error\": {\"message\": \"no such model\"}}", 404);
  const auto none = ask({.url = full.url(), .model = "m"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::not_found);
  EXPECT_THAT(none.error().message, AllOf(HasSubstr("ask the judge"), HasSubstr("no such model")));
  const auto absent = ask({.url = "http://127.0.0.1:9", .model = "m"});
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::unreachable);
  const Judge broken("it broke", 500);
  EXPECT_FALSE(ask({.url = broken.url(), .model = "m"}));
  EXPECT_EQ(broken.requests(), 1) << "it may have been answered, and paid for";
}

TEST_F(JudgeTest, RefusesWhatItCannotShow) {
  EXPECT_EQ(ask({.url = "http://127.0.0.1:9", .model = "m", .frames = 3}).error().code,
            ErrorCode::usage);
  EXPECT_EQ(ask({.url = "nowhere", .model = "m"}).error().code, ErrorCode::usage);
  EXPECT_EQ(ask_judge("/nowhere.mp4", "", {.url = "http://127.0.0.1:9", .model = "m"}, client_)
                .error()
                .code,
            ErrorCode::not_found);
}

TEST_F(JudgeTest, TakesAllFramesOfAShortClip) {
  const auto path = path_.string() + ".short.mp4";
  write(path, 3, 64, 48);
  const auto frames = judge_frames(path, 8, kJudgePixels, {});
  ASSERT_TRUE(frames) << frames.error().message;
  ASSERT_THAT(*frames, SizeIs(3));
  EXPECT_EQ(frames->front().picture.width, 64) << "small ones stay as they are";
  std::filesystem::remove(path);
}

TEST(JudgeAddress, IsFoundFromWhatPeopleType) {
  EXPECT_EQ(judge_address("http://h:8000"), "http://h:8000/v1/chat/completions");
  EXPECT_EQ(judge_address("http://h:8000/"), "http://h:8000/v1/chat/completions");
  EXPECT_EQ(judge_address("https://h/api/v1"), "https://h/api/v1/chat/completions");
  EXPECT_EQ(judge_address("https://h/v1/chat/completions"), "https://h/v1/chat/completions");
  EXPECT_FALSE(judge_address("ftp://h"));
}

TEST(JudgeReply, IsReadLeniently) {
  struct Case {
    std::string_view text;
    std::optional<double> score;
    std::size_t issues;
  };
  for (const Case& c : {
           Case{R"({"score": 8, "issues": []})", 8, 0},
           Case{"```json\n{\"score\": 8, \"issues\": [\"a\", \"b\"],}\n```", 8, 2},
           Case{"<think>{\"score\": 1}</think>Sure! {\"score\": 9}", 9, 0},
           Case{"{\"score\": 1} as a first guess</think>{\"score\": 6.5}", 6.5, 0},
           Case{"{'score': 4, 'issues': ['x']}", 4, 1},
           Case{R"({"score": "7/10"})", 7, 0},
           Case{R"({"score": "7.5"})", 7.5, 0},
           Case{R"(I see {1 cat}. {"a": {"score": 2}} {"score": 5})", 2, 0},
           Case{R"({"score": 3, "issues": "a } brace"})", 3, 1},
           // Another scale, or none.
           Case{R"({"score": 85})", std::nullopt, 0},
           Case{R"({"score": -1})", std::nullopt, 0},
           Case{R"({"score": "4/5"})", std::nullopt, 0},
           Case{R"({"score": null, "issues": null})", std::nullopt, 0},
           Case{"<think>no end {\"score\": 3}", std::nullopt, 0},
           Case{"It is fine.", std::nullopt, 0},
           Case{"{{{{{{{{", std::nullopt, 0},
           Case{"", std::nullopt, 0},
       }) {
    const JudgeReply reply = read_judge_reply(c.text);
    EXPECT_EQ(reply.score, c.score) << c.text;
    EXPECT_THAT(reply.issues, SizeIs(c.issues)) << c.text;
  }
  EXPECT_EQ(read_judge_reply(" It is fine.\n").comment, "It is fine.");
}

TEST(JudgeReply, OfNothingButBracesTakesNoTime) {
  EXPECT_EQ(read_judge_reply(std::string(200'000, '{')).score, std::nullopt);
}

TEST(JudgeReply, IsTakenOutOfACompletion) {
  EXPECT_EQ(completion_text(R"({"choices": [{"message": {"content": "x"}}]})"), "x");
  EXPECT_EQ(completion_text(
                R"({"choices": [{"message": {"content": [{"type": "text", "text": "x"}]}}]})"),
            "x");
  for (const std::string_view bad :
       {"", "[]", "{}", R"({"choices": []})", R"({"choices": [{"message": {"content": null}}]})",
        R"({"choices": [{"message": {"content": 3}}]})"}) {
    const auto text = completion_text(bad);
    ASSERT_FALSE(text) << bad;
    EXPECT_EQ(text.error().code, ErrorCode::corrupt);
  }
}

}  // namespace
}  // namespace videogen::generate
