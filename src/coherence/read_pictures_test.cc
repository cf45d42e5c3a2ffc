#include "coherence/read_pictures.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/frame_writer.h"
#include "media/picture.h"

namespace videogen::coherence {
namespace {

using ::testing::ElementsAre;

// Twenty frames, ten a second; frame i is a flat picture of level 10 + 10 i, so that a picture
// tells which frame it is.
class ReadPictures : public testing::Test {
 protected:
  static constexpr int kFrames = 20;

  void SetUp() override {
    folder_ =
        std::filesystem::path(testing::TempDir()) / ("pictures." + std::to_string(::getpid()));
    std::filesystem::create_directory(folder_);
    auto writer = media::FrameWriter::create(
        folder_ / "clip.mp4", {.width = 64, .height = 48, .frame_rate = {10, 1}, .crf = 10});
    ASSERT_TRUE(writer) << writer.error().message;
    for (int i = 0; i < kFrames; ++i) {
      media::Image image(64, 48);
      std::ranges::fill(image.rgb, static_cast<std::uint8_t>(10 + 10 * i));
      ASSERT_TRUE(writer->write(image));
    }
    ASSERT_TRUE(writer->finish());

    report_.fps = 2;
    report_.source.frames = kFrames;
    report_.timestamps_s = {0.2, 0.7, 1.2, 1.7};  // as fps=2 samples ten a second
    report_.similarities = {0.9, 0.5, 0.9};
    report_.flagged_frames = {{1, 2, 0.5}};
    options_.fps = {2, 1};
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Status read() { return read_pictures(folder_ / "clip.mp4", report_, options_, collector_); }

  // The number of the frame that a thumbnail shows; -1: none.
  int frame_in(const std::optional<Thumbnail>& thumbnail) {
    if (!thumbnail) return -1;
    std::ofstream(folder_ / "t.jpg", std::ios::binary) << thumbnail->jpeg;
    const Result<media::Image> image = media::read_picture(folder_ / "t.jpg");
    EXPECT_TRUE(image) << image.error().message;
    return (image->rgb[0] - 5) / 10;
  }
  std::vector<int> frames_in(const Moment& moment) {
    return {frame_in(moment.before), frame_in(moment.at), frame_in(moment.after)};
  }
  std::vector<int> samples() {
    std::vector<int> frames;
    for (const SamplePicture& sample : collector_.pictures().samples)
      frames.push_back(frame_in(sample.picture));
    return frames;
  }

  std::filesystem::path folder_;
  Report report_;
  PictureOptions options_;
  PictureCollector collector_;
};

TEST_F(ReadPictures, FetchesSamplesOfNoSingleRate) {
  report_.sampling = Sampling::automatic;
  report_.timestamps_s = {0.2, 0.7, 0.8, 0.9, 1.7};
  report_.similarities = {0.9, 0.9, 0.9, 0.9};
  report_.flagged_frames.clear();
  ASSERT_TRUE(read());
  EXPECT_THAT(samples(), ElementsAre(2, 7, 8, 9, 17));
}

TEST_F(ReadPictures, FetchesSamplesAndPairs) {
  ASSERT_TRUE(read());
  EXPECT_THAT(samples(), ElementsAre(2, 7, 12, 17));
  ASSERT_EQ(collector_.pictures().moments.size(), 1u);
  const Moment& pair = collector_.pictures().moments[0];
  EXPECT_EQ(pair.kind, kFlaggedPair);
  EXPECT_EQ(pair.first, 1);
  EXPECT_THAT(frames_in(pair), ElementsAre(7, 12, -1));
}

TEST_F(ReadPictures, FetchesWhatIsBeforeAtAndAfterAnEvent) {
  report_.analysis = Analysis{};
  report_.analysis->events = {{"freeze", 0.5, 0.9, 5, 9, 0.7, {}},
                              {"cut", 1.4, 1.4, 14, 14, 0.9, {}},
                              {"drift", 0, 1.9, 0, 19, 0.6, {}}};
  ASSERT_TRUE(read());
  EXPECT_THAT(samples(), ElementsAre(2, 7, 12, 17));
  const auto& moments = collector_.pictures().moments;
  ASSERT_EQ(moments.size(), 4u);
  EXPECT_THAT(frames_in(moments[0]), ElementsAre(13, 14, 15));  // most evidence first
  EXPECT_THAT(frames_in(moments[1]), ElementsAre(4, 7, 10));
  EXPECT_THAT(frames_in(moments[2]), ElementsAre(0, 9, 19));
  EXPECT_DOUBLE_EQ(moments[0].at->time_s, 1.4);
}

TEST_F(ReadPictures, LeavesAloneWhatIsThere) {
  media::Image mark(64, 48);
  std::ranges::fill(mark.rgb, 250);
  collector_.add_sample(0, 0.2, mark);
  collector_.add_moment({std::string(kFlaggedPair), 1, {}, {{0.7, mark}}, {}, {}});
  options_.progress = [](auto...) { FAIL() << "nothing is wanted, so nothing is read"; };
  ASSERT_TRUE(read());
  EXPECT_THAT(samples(), ElementsAre(24));
}

TEST_F(ReadPictures, DrawsTheMotionFromTheFirstToTheSecond) {
  report_.analysis = Analysis{};
  report_.analysis->events = {{"cut", 1.9, 1.9, 0, 0, 0.9, {}}};  // nothing before: no motion
  ASSERT_TRUE(read());
  const auto& moments = collector_.pictures().moments;
  ASSERT_EQ(moments.size(), 2u);
  EXPECT_FALSE(moments[0].flow);
  ASSERT_TRUE(moments[1].flow);
  EXPECT_GT(frame_in(moments[1].flow), 23);  // flat pictures: white, nothing moves
  EXPECT_DOUBLE_EQ(moments[1].flow_full, 1.0 / 64);
}

TEST_F(ReadPictures, SurvivesAReportThatPointsPastTheEnd) {
  report_.timestamps_s.push_back(99);
  report_.analysis = Analysis{};
  report_.analysis->events = {{"cut", 9, 9, 90, 90, 0.9, {}}};
  ASSERT_TRUE(read());
  EXPECT_THAT(samples(), ElementsAre(2, 7, 12, 17));
  EXPECT_EQ(frames_in(collector_.pictures().moments[0])[1], -1);
}

TEST_F(ReadPictures, SaysWhyThereAreNone) {
  const Status none = read_pictures(folder_ / "none.mp4", report_, options_, collector_);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::not_found);
  std::stop_source stop;
  stop.request_stop();
  const Status stopped =
      read_pictures(folder_ / "clip.mp4", report_, options_, collector_, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::interrupted);
}

}  // namespace
}  // namespace videogen::coherence
