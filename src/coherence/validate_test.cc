#include "coherence/validate.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "coherence/similarity.h"
#include "embed/gist.h"
#include "media/frame_writer.h"

namespace videogen::coherence {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int kWidth = 96, kHeight = 64;

// A picture of stripes; `angle` decides their direction, `shift` moves them.
media::Image stripes(double angle, double shift) {
  media::Image image(kWidth, kHeight);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const double along = std::cos(angle) * x + std::sin(angle) * y + shift;
      const auto level = static_cast<std::uint8_t>(128 + 100 * std::sin(along / 3));
      std::fill_n(image.row(y) + x * 3, 3, level);
    }
  }
  return image;
}

media::Image flat(std::uint8_t level) {
  media::Image image(kWidth, kHeight);
  std::ranges::fill(image.rgb, level);
  return image;
}

class Validate : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::path(testing::TempDir()) / ("validate." + std::to_string(::getpid()));
    std::filesystem::create_directory(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Four frames a second.
  Source clip(const std::string& name, const std::vector<media::Image>& frames) {
    const auto path = folder_ / name;
    auto writer = media::FrameWriter::create(
        path, {.width = kWidth, .height = kHeight, .frame_rate = {4, 1}, .crf = 10});
    EXPECT_TRUE(writer) << writer.error().message;
    for (const media::Image& frame : frames) EXPECT_TRUE(writer->write(frame));
    EXPECT_TRUE(writer->finish());
    return {path, name};
  }

  Source moving_stripes(const std::string& name, int frames, int cut_at = -1) {
    std::vector<media::Image> images;
    for (int i = 0; i < frames; ++i)
      images.push_back(stripes(cut_at >= 0 && i >= cut_at ? 1.5 : 0.2, i));
    return clip(name, images);
  }

  static Options each_frame() { return {.fps = {4, 1}}; }

  std::filesystem::path folder_;
  const embed::Chosen gist_{embed::make_gist(), "test", {"a note of the choice"}};
};

TEST_F(Validate, ReportsWhatItJudgedAndHow) {
  const Source source = moving_stripes("clip.mp4", 8);
  const auto report = validate(source, gist_, each_frame());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->verdict, Verdict::pass);
  EXPECT_EQ(report->source.uri, "clip.mp4");
  EXPECT_EQ(report->source.frames, 8);
  EXPECT_EQ(report->source.video.codec, "h264");
  EXPECT_EQ(report->frame_count, 8);
  EXPECT_THAT(report->similarities, SizeIs(7));
  EXPECT_THAT(report->timestamps_s, ElementsAre(0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75));
  EXPECT_EQ(report->embedder.name, "gist");
  EXPECT_EQ(report->embedder_why, "test");
  EXPECT_THAT(report->notes, ElementsAre("a note of the choice"));

  const auto bytes = read_file(source.path, 1 << 24);
  ASSERT_TRUE(bytes);
  Sha256 sha256;
  sha256.update(*bytes);
  EXPECT_EQ(report->source.sha256, sha256.hex());
  EXPECT_GT(report->timing_s.decode, 0);
  EXPECT_GT(report->timing_s.embed, 0);
  EXPECT_GE(report->timing_s.total, report->timing_s.embed);
}

TEST_F(Validate, FindsThePairAcrossACut) {
  const auto report = validate(moving_stripes("cut.mp4", 10, 6), gist_, each_frame());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->verdict, Verdict::fail);
  ASSERT_THAT(report->flagged_frames, SizeIs(1));
  EXPECT_EQ(report->flagged_frames[0].first, 5);
}

// The rows one by one, without the pipeline: batches must not show in the numbers.
TEST_F(Validate, GivesTheSimilaritiesOfSingleEmbeddings) {
  const Source source = moving_stripes("clip.mp4", 23, 11);
  auto reader = media::FrameReader::open(source.path, {.sample_rate = media::Rational{4, 1}});
  ASSERT_TRUE(reader);
  std::vector<std::optional<double>> expected;
  std::vector<float> last;
  while (auto frame = reader->next().value()) {
    std::vector<float> input(gist_.embedder->input_size());
    gist_.embedder->prepare(frame->shrunk(256, 256).value(), input);
    const auto row = gist_.embedder->embed(input).value();
    if (!last.empty()) expected.push_back(cosine(last, row));
    last = row;
  }
  const auto report = validate(source, gist_, each_frame());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->similarities, expected);
}

TEST_F(Validate, LeavesFlatFramesUncompared) {
  const auto report = validate(
      clip("flat.mp4", {stripes(0.2, 0), flat(0), flat(255), stripes(0.2, 0), stripes(0.2, 1)}),
      gist_, each_frame());
  ASSERT_TRUE(report);
  ASSERT_THAT(report->similarities, SizeIs(4));
  EXPECT_FALSE(report->similarities[0]);
  EXPECT_FALSE(report->similarities[1]);
  EXPECT_FALSE(report->similarities[2]);
  EXPECT_TRUE(report->similarities[3]);
  EXPECT_THAT(report->notes.back(), HasSubstr("3 of 4 pairs could not be compared"));
}

TEST_F(Validate, GoesThroughAllClipsInOrderAndPastBadOnes) {
  std::ofstream(folder_ / "text.mp4") << "no video";
  const std::vector<Source> sources{moving_stripes("a.mp4", 30),
                                    {folder_ / "none.mp4", "none.mp4"},
                                    {folder_ / "text.mp4", "text.mp4"},
                                    moving_stripes("b.mp4", 5),
                                    moving_stripes("c.mp4", 1)};
  std::vector<std::string> outcome;
  std::vector<Progress> progress;
  Options options = each_frame();
  options.progress = [&](const Progress& p) { progress.push_back(p); };
  validate_all(sources, gist_, options, [&](std::size_t i, const Result<Report>& report) {
    EXPECT_EQ(i, outcome.size());
    outcome.push_back(report ? report->source.uri + " " + std::to_string(report->frame_count)
                             : std::string(name(report.error().code)));
  });
  EXPECT_THAT(outcome, ElementsAre("a.mp4 30", "not_found", "corrupt", "b.mp4 5", "c.mp4 1"));
  ASSERT_FALSE(progress.empty());
  EXPECT_EQ(progress.back().clip, 4u);
  EXPECT_EQ(progress.back().samples, 1);
  EXPECT_EQ(progress.back().total, 1);
}

TEST_F(Validate, NamesAClipAsItsCallerDoes) {
  std::ofstream(folder_ / "spooled") << "no video";
  const auto report = validate({folder_ / "spooled", "-"}, gist_, {});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message, HasSubstr("cannot open -: "));
}

TEST_F(Validate, RefusesOptionsThatMakeNoSense) {
  const Source source = moving_stripes("clip.mp4", 2);
  for (const Options& options :
       {Options{.fps = {0, 1}}, Options{.fps = {1, 0}}, Options{.fps = {1001, 1}},
        Options{.threshold = 1.5}, Options{.threshold = std::nan("")}}) {
    const auto report = validate(source, gist_, options);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::usage);
  }
}

TEST_F(Validate, StopsBeforeAndDuringAClip) {
  const std::vector<Source> sources(3, moving_stripes("clip.mp4", 200));
  std::stop_source before;
  before.request_stop();
  const auto report = validate(sources[0], gist_, each_frame(), before.get_token());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::interrupted);

  std::stop_source during;
  Options options = each_frame();
  options.progress = [&](const Progress& p) {
    if (p.clip == 1) during.request_stop();
  };
  std::vector<std::string> outcome;
  validate_all(
      sources, gist_, options,
      [&](std::size_t, const Result<Report>& done) {
        outcome.emplace_back(done ? "done" : name(done.error().code));
      },
      during.get_token());
  EXPECT_THAT(outcome, ElementsAre("done", "interrupted"));
}

TEST_F(Validate, LetsACallersExceptionThrough) {
  Options options = each_frame();
  options.progress = [](const Progress&) { throw std::runtime_error("enough"); };
  EXPECT_THROW((void)validate(moving_stripes("clip.mp4", 200), gist_, options), std::runtime_error);
}

// A model with broken weights: every number of the rows is none.
class NanEmbedder final : public embed::Embedder {
 public:
  const embed::Identity& identity() const override { return identity_; }
  std::size_t input_size() const override { return 1; }
  void prepare(const media::Image&, std::span<float> out) const override { out[0] = 0; }
  Result<std::vector<float>> embed(std::span<const float> inputs, std::stop_token) const override {
    return std::vector<float>(inputs.size() * 4, std::numeric_limits<float>::quiet_NaN());
  }
  int preferred_batch() const override { return 2; }

 private:
  embed::Identity identity_{"clip", "broken-model", "sha256:0", "f32", 4};
};

TEST_F(Validate, RefusesAModelThatGivesNoNumbers) {
  const embed::Chosen broken{std::make_shared<NanEmbedder>(), "test", {}};
  const auto report = validate(moving_stripes("clip.mp4", 9), broken, each_frame());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::corrupt);
  EXPECT_THAT(report.error().message, HasSubstr("broken-model gave a number that is none"));
}

}  // namespace
}  // namespace videogen::coherence
