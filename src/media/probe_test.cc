#include "media/probe.h"

#include <cmath>

#include <gtest/gtest.h>

#include "media/clips_for_test_internal.h"
#include "media/rotation_internal.h"

namespace videogen::media {
namespace {

class ProbeTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::have_ffmpeg()) GTEST_SKIP() << "no ffmpeg program";
  }
};

std::filesystem::path plain_clip() {
  return test::make_clip("plain.mp4",
                         "-f lavfi -i testsrc2=size=96x64:rate=24:duration=2 -c:v libx264 "
                         "-pix_fmt yuv420p");
}

TEST_F(ProbeTest, TellsWhatTheContainerSays) {
  const Result<VideoInfo> info = probe(plain_clip());
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->container, "mov,mp4,m4a,3gp,3g2,mj2");
  EXPECT_EQ(info->codec, "h264");
  EXPECT_EQ(info->pixel_format, "yuv420p");
  EXPECT_EQ(info->width, 96);
  EXPECT_EQ(info->height, 64);
  EXPECT_EQ(info->rotation_degrees, 0);
  EXPECT_EQ(info->stream_index, 0);
  ASSERT_TRUE(info->duration_s);
  EXPECT_DOUBLE_EQ(*info->duration_s, 2.0);
  ASSERT_TRUE(info->frame_rate);
  EXPECT_DOUBLE_EQ(info->frame_rate->value(), 24.0);
  EXPECT_EQ(info->frames, 48);
}

TEST_F(ProbeTest, TellsTheSizeAsShown) {
  for (const int angle : {90, 180, 270}) {
    const auto path = test::make_clip(fmt::format("turned{}.mp4", angle),
                                      fmt::format("-i {} -c copy -metadata:s:v:0 rotate={}",
                                                  test::quoted(plain_clip().string()), angle));
    const Result<VideoInfo> info = probe(path);
    ASSERT_TRUE(info) << info.error().message;
    // Counter-clockwise, which is how FFmpeg 5.1 takes that option.
    const test::Output told = test::run(
        "ffprobe -v error -show_entries stream_side_data=rotation "
        "-of csv=p=0 " +
        test::quoted(path.string()));
    EXPECT_EQ(info->rotation_degrees, (360 - std::stoi(told.text)) % 360);
    EXPECT_EQ(info->width, angle == 180 ? 96 : 64);
    EXPECT_EQ(info->height, angle == 180 ? 64 : 96);
    const test::Read read = test::read_frames(path, {.sample_rate = Rational{1, 1}});
    EXPECT_EQ(read.frames, test::ffmpeg_frames(path, 0, "1"));
  }
}

TEST_F(ProbeTest, TakesTheStreamThatFfmpegTakesFromARealFile) {
  const std::filesystem::path path = VIDEOGEN_SOURCE_DIR "/../shared/videos/nasa.mp4";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path;
  const Result<VideoInfo> info = probe(path);
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->width, 480);
  EXPECT_EQ(info->height, 270);
  EXPECT_EQ(info->stream_index, 3);
}

// 16.16 fixed point, turned clockwise by `degrees`.
DisplayMatrix turned(double degrees) {
  const double angle = degrees * 3.14159265358979323846 / 180;
  const auto fixed = [](double value) { return static_cast<std::int32_t>(value * 65536); };
  return {fixed(std::cos(angle)),
          fixed(std::sin(angle)),
          0,
          -fixed(std::sin(angle)),
          fixed(std::cos(angle)),
          0,
          0,
          0,
          1 << 30};
}

TEST(Rotation, NamesTheFiltersOfFfmpeg) {
  EXPECT_EQ(rotation_filters(std::nullopt), "");
  EXPECT_EQ(rotation_filters(turned(0)), "");
  EXPECT_EQ(rotation_filters(turned(90)), "transpose=clock");
  EXPECT_EQ(rotation_filters(turned(180)), "hflip,vflip");
  EXPECT_EQ(rotation_filters(turned(270)), "transpose=cclock");
  EXPECT_EQ(rotation_filters(turned(30)), "rotate=30.000000*PI/180");
  const std::int32_t one = 65536;
  EXPECT_EQ(rotation_filters(DisplayMatrix{one, 0, 0, 0, -one, 0, 0, 0, 1 << 30}), "vflip");
  EXPECT_EQ(rotation_filters(DisplayMatrix{-one, 0, 0, 0, one, 0, 0, 0, 1 << 30}), "hflip");
  EXPECT_EQ(rotation_filters(DisplayMatrix{}), "") << "a matrix that flattens the picture";
}

}  // namespace
}  // namespace videogen::media
