#include "media/frame_reader.h"

#include <sys/stat.h>
#include <unistd.h>
#include <chrono>
#include <fstream>
#include <memory>
#include <thread>

#include <gmock/gmock.h>

#include "media/clips_for_test_internal.h"

namespace videogen::media {
namespace {

using test::Read;
using testing::HasSubstr;

constexpr const char* kX264 = "-c:v libx264 -threads 2 -pix_fmt yuv420p ";

class FrameReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::have_ffmpeg()) GTEST_SKIP() << "no ffmpeg program";
  }

  // Eight frames a second, with B-frames and a key frame every two seconds.
  static std::filesystem::path eight_a_second() {
    return test::make_clip("eight.mp4",
                           fmt::format("-f lavfi -i testsrc2=size=96x64:rate=8:duration=5 {} -g 16 "
                                       "-movflags +faststart",
                                       kX264));
  }

  static Read sampled(const std::filesystem::path& path, bool skip = true) {
    ReadOptions options;
    options.sample_rate = Rational{1, 1};
    options.skip_unneeded = skip;
    return test::read_frames(path, options);
  }

  static std::filesystem::path file(const std::string& name, const std::string& bytes) {
    const std::filesystem::path path = test::scratch() / name;
    test::write_bytes(path, bytes);
    return path;
  }
};

ErrorCode code_of(const std::filesystem::path& path, const ReadOptions& options = {}) {
  const Read read = test::read_frames(path, options);
  if (!read.error) {
    ADD_FAILURE() << path << " was read";
    return ErrorCode::internal;
  }
  EXPECT_EQ(read.error->message.find('\n'), std::string::npos) << "one line";
  return read.error->code;
}

TEST_F(FrameReaderTest, TellsTheTimesAndPositionsOfTheSourceFrames) {
  for (const bool skip : {false, true}) {
    const Read read = sampled(eight_a_second(), skip);
    EXPECT_THAT(read.times_s, testing::ElementsAre(0.375, 1.375, 2.375, 3.375, 4.375));
    EXPECT_THAT(read.source_indices, testing::ElementsAre(3, 11, 19, 27, 35));
    EXPECT_EQ(read.source_frames, 40);
    EXPECT_EQ(read.expected_frames, 5);
  }
}

TEST_F(FrameReaderTest, RepeatsAFrameWithItsOwnTime) {
  const auto path = test::make_clip(
      "slow.mp4", fmt::format("-f lavfi -i testsrc2=size=96x64:rate=1/2:duration=4 {}", kX264));
  for (const bool skip : {false, true}) {
    const Read read = sampled(path, skip);
    EXPECT_THAT(read.times_s, testing::ElementsAre(0, 0, 2, 2));
    EXPECT_THAT(read.source_indices, testing::ElementsAre(0, 0, 1, 1));
  }
}

TEST_F(FrameReaderTest, GivesNoSampleOfAClipUnderHalfASecond) {
  const auto path = test::make_clip(
      "blink.mp4", fmt::format("-f lavfi -i testsrc2=size=96x64:rate=24:duration=0.4 {}", kX264));
  for (const bool skip : {false, true}) {
    const Read read = sampled(path, skip);
    EXPECT_FALSE(read.error);
    EXPECT_TRUE(read.frames.empty());
    EXPECT_TRUE(read.damage.empty());
  }
}

TEST_F(FrameReaderTest, LetsFramesOutliveTheReader) {
  std::vector<Frame> frames;
  {
    Result<FrameReader> reader = FrameReader::open(eight_a_second(), {});
    ASSERT_TRUE(reader) << reader.error().message;
    while (frames.size() < 3) {
      Result<std::optional<Frame>> frame = reader->next();
      ASSERT_TRUE(frame && *frame);
      frames.push_back(std::move(**frame));
    }
  }
  const auto expected = test::ffmpeg_frames(eight_a_second(), 0, "");
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i].index(), static_cast<std::int64_t>(i));
    const Result<Image> image = frames[i].rgb();
    ASSERT_TRUE(image);
    EXPECT_EQ(test::md5(*image), expected[i]);
  }
}

TEST_F(FrameReaderTest, ShrinksByAreaAsFfmpegDoes) {
  const auto expected = test::ffmpeg_filtered(eight_a_second(), 0, "scale=40:20:flags=area");
  ASSERT_FALSE(expected.empty());
  Result<FrameReader> reader = FrameReader::open(eight_a_second(), {});
  ASSERT_TRUE(reader) << reader.error().message;
  for (const std::string& frame_md5 : expected) {
    const Result<std::optional<Frame>> frame = reader->next();
    ASSERT_TRUE(frame && *frame);
    const Result<Image> small = (*frame)->shrunk(40, 20);
    ASSERT_TRUE(small) << small.error().message;
    EXPECT_EQ(test::md5(*small), frame_md5);
  }
}

TEST_F(FrameReaderTest, RefusesWhatIsNoClip) {
  EXPECT_EQ(code_of(test::scratch() / "missing.mp4"), ErrorCode::not_found);
  EXPECT_EQ(code_of(test::scratch()), ErrorCode::unreachable);
  EXPECT_EQ(code_of(file("empty.mp4", "")), ErrorCode::corrupt);
  EXPECT_EQ(code_of(file("text.mp4", "I am no clip.\n")), ErrorCode::corrupt);
  EXPECT_THAT(code_of(file("text.txt", "I am no clip.\n")),
              testing::AnyOf(ErrorCode::corrupt, ErrorCode::unsupported));
  EXPECT_EQ(code_of(file("zeros.mp4", std::string(100'000, '\0'))), ErrorCode::corrupt);
  const auto pipe = test::scratch() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(code_of(pipe), ErrorCode::unsupported);
}

TEST_F(FrameReaderTest, RefusesAFileWithoutPermission) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const auto path = file("secret.mp4", "x");
  ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  EXPECT_EQ(code_of(path), ErrorCode::unreachable);
}

TEST_F(FrameReaderTest, RefusesSoundAndCoverPictures) {
  const auto sound = test::make_clip("sound.m4a", "-f lavfi -i sine=duration=1 -c:a aac");
  const Read read = sampled(sound);
  ASSERT_TRUE(read.error);
  EXPECT_EQ(read.error->code, ErrorCode::unsupported);
  EXPECT_THAT(read.error->message, HasSubstr("no video stream"));
  EXPECT_THAT(read.error->message, HasSubstr("audio aac"));

  const auto cover = test::make_clip(
      "cover.m4a",
      "-f lavfi -i sine=duration=1 -f lavfi -i testsrc2=size=64x64:rate=1:duration=1 -map 0 -map 1 "
      "-c:a aac -c:v mjpeg -pix_fmt yuvj420p -disposition:v:0 attached_pic");
  EXPECT_EQ(code_of(cover), ErrorCode::unsupported);
}

TEST_F(FrameReaderTest, PrefersTheVideoToItsCover) {
  const auto path = test::make_clip(
      "with_cover.mp4",
      fmt::format("-f lavfi -i testsrc2=size=64x48:rate=8:duration=1 -f lavfi -i "
                  "testsrc2=size=320x320:rate=1:duration=1 -map 1 -map 0 -c:v:0 mjpeg -pix_fmt:v:0 "
                  "yuvj420p -c:v:1 libx264 -pix_fmt:v:1 yuv420p -disposition:v:0 attached_pic"));
  const Result<VideoInfo> info = probe(path);
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->width, 64);
}

TEST_F(FrameReaderTest, OpensOddNamesAsFiles) {
  const std::string clip = test::read_bytes(eight_a_second());
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(test::scratch());
  for (const std::string name :
       {"-dash.mp4", "http:like.mp4", "concat:a|b.mp4", "pattern%03d.mp4", "glob*.png", "a b'c.mp4",
        "pipe:0", "file:twice.mp4", "\xff\xfe.mp4", "noextension", "wrong.jpg", "wrong.m3u8"}) {
    test::write_bytes(name, clip);
    const Read read = sampled(name);
    EXPECT_FALSE(read.error) << name << ": " << read.error->message;
    EXPECT_EQ(read.frames.size(), 5U) << name;
  }
  std::filesystem::current_path(here);
}

TEST_F(FrameReaderTest, OpensNoOtherFileThatAFileNames) {
  const std::string clip = eight_a_second().string();
  for (const auto& [name, text] : std::initializer_list<std::pair<std::string, std::string>>{
           {"list.ffconcat", "ffconcat version 1.0\nfile '" + clip + "'\n"},
           {"list.m3u8",
            "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n" + clip + "\n#EXT-X-ENDLIST\n"},
           {"session.sdp",
            "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
            "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"}}) {
    const Read read = sampled(file(name, text));
    ASSERT_TRUE(read.error) << name;
    EXPECT_THAT(read.error->code, testing::AnyOf(ErrorCode::unsupported, ErrorCode::corrupt))
        << name;
  }
}

TEST_F(FrameReaderTest, RefusesRatesThatMakeNoSense) {
  for (const Rational rate : {Rational{0, 1}, Rational{-1, 1}, Rational{1001, 1}, Rational{1, 0}}) {
    ReadOptions options;
    options.sample_rate = rate;
    EXPECT_EQ(code_of(eight_a_second(), options), ErrorCode::usage) << rate.num << "/" << rate.den;
  }
}

TEST_F(FrameReaderTest, KeepsWithinItsLimits) {
  ReadOptions options;
  options.limits.max_dimension = 95;
  EXPECT_EQ(code_of(eight_a_second(), options), ErrorCode::limit);
  options.limits = {};
  options.limits.max_pixels = 96 * 64 - 1;
  EXPECT_EQ(code_of(eight_a_second(), options), ErrorCode::limit);
  options.limits = {};
  options.limits.max_time = std::chrono::seconds{0};
  EXPECT_EQ(code_of(eight_a_second(), options), ErrorCode::limit);
  options.limits = {};
  options.limits.max_streams = 1;
  const auto two = test::make_clip(
      "two.mkv", fmt::format("-f lavfi -i testsrc2=size=64x48:rate=8:duration=1 -f lavfi -i "
                             "testsrc2=size=32x32:rate=8:duration=1 -map 0 -map 1 {}",
                             kX264));
  EXPECT_EQ(code_of(two, options), ErrorCode::limit);
}

TEST_F(FrameReaderTest, RefusesAFrameThatLastsForYears) {
  const auto path = test::make_clip(
      "slow.mp4", fmt::format("-f lavfi -i testsrc2=size=96x64:rate=1/2:duration=4 {}", kX264));
  ReadOptions options;
  options.sample_rate = Rational{100, 1};
  options.limits.max_repeats = 199;
  EXPECT_EQ(code_of(path, options), ErrorCode::limit);
  options.limits.max_repeats = 200;
  EXPECT_EQ(test::read_frames(path, options).frames.size(), 400U);
}

// Known after the first frame only where the packets told.
TEST_F(FrameReaderTest, PlansFromThePacketsOfTheUsualCodecs) {
  const std::string source = "-f lavfi -i testsrc2=size=96x64:rate=12:duration=4 -pix_fmt yuv420p ";
  for (const auto& [name, encoder] : std::initializer_list<std::pair<std::string, std::string>>{
           {"plan.mp4", "-c:v libx264"},
           {"plan.mkv", "-c:v libx264"},
           {"plan.ts", "-c:v libx264"},
           {"plan_edited.mp4", "-c:v libx264 -output_ts_offset 0.7"},
           {"plan265.mp4", "-c:v libx265 -preset superfast -x265-params log-level=none"},
           {"plan265.mkv", "-c:v libx265 -preset superfast -x265-params log-level=none"},
           {"plan.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8"},
           {"plan_av1.mp4", "-c:v libaom-av1 -usage realtime -cpu-used 8"},
           {"plan.mov", "-c:v prores_ks -pix_fmt yuv422p10le"}}) {
    ReadOptions options;
    options.sample_rate = Rational{1, 1};
    Result<FrameReader> reader =
        FrameReader::open(test::make_clip(name, source + encoder), options);
    ASSERT_TRUE(reader) << reader.error().message;
    ASSERT_TRUE(reader->next()) << name;
    EXPECT_EQ(reader->source_frames(), 48) << name;
    EXPECT_EQ(reader->expected_frames(), 4) << name;
  }
}

TEST_F(FrameReaderTest, EndsWhereADecoderGivesNothing) {
  // Pictures that refer to a key frame that is not there: a decoder takes them and waits.
  const auto whole = test::make_clip(
      "long_group.h264",
      fmt::format("-f lavfi -i testsrc2=size=64x48:rate=25:duration=4 {} -x264-params "
                  "keyint=500:bframes=0:slices=1 -bsf:v h264_metadata=aud=insert",
                  kX264));
  std::string bytes = test::read_bytes(whole);
  // The picture of the key frame (NAL type 5) becomes filler.
  for (std::size_t at = 0; (at = bytes.find("\x65\x88", at)) != std::string::npos; ++at)
    bytes[at] = '\x6C';
  ReadOptions options;
  options.limits.max_packets_without_frame = 20;
  const Read read = test::read_frames(file("headless.h264", bytes), options);
  ASSERT_TRUE(read.error);
  EXPECT_EQ(read.error->code, ErrorCode::limit) << read.error->message;
}

TEST_F(FrameReaderTest, StopsOnRequestAndStaysStopped) {
  for (const bool sampling : {false, true}) {
    ReadOptions options;
    if (sampling) options.sample_rate = Rational{1, 1};
    Result<FrameReader> reader = FrameReader::open(eight_a_second(), options);
    ASSERT_TRUE(reader);
    ASSERT_TRUE(reader->next());
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = reader->next(stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::interrupted);
    const auto after = reader->next();
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().code, ErrorCode::interrupted);
  }
}

// Frames of a file cut after each of many sizes are a beginning of the whole file's frames.
TEST_F(FrameReaderTest, GivesWhatATruncatedFileStillHas) {
  const std::string bytes = test::read_bytes(eight_a_second());
  const Read whole = test::read_frames(eight_a_second(), {});
  ASSERT_EQ(whole.frames.size(), 40U);
  int readable = 0;
  for (std::size_t percent = 2; percent < 100; percent += 7) {
    SCOPED_TRACE(percent);
    const auto path = file("cut.mp4", bytes.substr(0, bytes.size() * percent / 100));
    const Read read = test::read_frames(path, {});
    if (read.error) {
      EXPECT_THAT(read.error->code, testing::AnyOf(ErrorCode::corrupt, ErrorCode::unsupported));
      EXPECT_TRUE(read.frames.empty());
      continue;
    }
    ++readable;
    EXPECT_LT(read.frames.size(), whole.frames.size());
    ASSERT_FALSE(read.damage.empty());
    EXPECT_LE(read.damage.size(), 4U);
    EXPECT_LE(read.damage.front().time_s, 5.0);
    // The last frames may be patched up, the early ones are right.
    for (std::size_t i = 0; i + 4 < read.frames.size(); ++i)
      EXPECT_EQ(read.frames[i], whole.frames[i]) << i;
  }
  EXPECT_GT(readable, 8);
}

TEST_F(FrameReaderTest, SaysWhereAFileWasCutOff) {
  const std::string bytes = test::read_bytes(eight_a_second());
  const auto path = file("half.mp4", bytes.substr(0, bytes.size() / 2));
  for (const bool skip : {false, true}) {
    const Read read = sampled(path, skip);
    ASSERT_FALSE(read.error) << read.error->message;
    EXPECT_GE(read.frames.size(), 1U);
    ASSERT_FALSE(read.damage.empty());
    const auto cut = std::find_if(read.damage.begin(), read.damage.end(), [](const Damage& note) {
      return note.message.find("of 40 frames are there") != std::string::npos;
    });
    ASSERT_NE(cut, read.damage.end()) << testing::PrintToString(read.damage);
    EXPECT_GT(cut->time_s, 0.5);
    EXPECT_LT(cut->time_s, 4.5);
  }
}

TEST_F(FrameReaderTest, TellsDamageInsideAFileOnceForEachKind) {
  std::string bytes = test::read_bytes(eight_a_second());
  for (std::size_t at = bytes.size() / 3; at < bytes.size() - 400; at += 97)
    bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
  const Read read = sampled(file("scratched.mp4", bytes));
  ASSERT_FALSE(read.error) << read.error->message;
  EXPECT_FALSE(read.damage.empty());
  EXPECT_LE(read.damage.size(), 4U);
  for (const Damage& note : read.damage) EXPECT_EQ(note.message.find('\n'), std::string::npos);
}

TEST_F(FrameReaderTest, DecodesAllOnceAPlanProvesWrong) {
  // The first pictures are sound, so samples were given when the damage comes to light.
  std::string bytes = test::read_bytes(eight_a_second());
  for (std::size_t at = bytes.size() * 2 / 3; at < bytes.size() - 200; at += 61)
    bytes[at] = static_cast<char>(bytes[at] ^ 0xFF);
  const auto path = file("late_damage.mp4", bytes);
  ReadOptions options;
  options.sample_rate = Rational{1, 1};
  options.threads = 1;
  const Read skipping = test::read_frames(path, options);
  options.skip_unneeded = false;
  const Read all = test::read_frames(path, options);
  ASSERT_FALSE(skipping.error) << skipping.error->message;
  EXPECT_EQ(skipping.frames, all.frames);
  EXPECT_EQ(skipping.times_s, all.times_s);
  EXPECT_EQ(skipping.source_indices, all.source_indices);
  EXPECT_EQ(skipping.damage.size(), all.damage.size());
  EXPECT_FALSE(all.damage.empty());
}

TEST_F(FrameReaderTest, FailsWhereNothingCanBeDecoded) {
  std::string bytes = test::read_bytes(eight_a_second());
  // All of the coded pictures, behind the header that +faststart puts in front.
  const std::size_t data = bytes.find("mdat");
  ASSERT_NE(data, std::string::npos);
  for (std::size_t at = data + 4; at < bytes.size(); ++at) bytes[at] = '\x5A';
  for (const bool skip : {false, true}) {
    const Read read = sampled(file("garbage.mp4", bytes), skip);
    ASSERT_TRUE(read.error);
    EXPECT_EQ(read.error->code, ErrorCode::corrupt);
    EXPECT_TRUE(read.frames.empty());
  }
}

TEST_F(FrameReaderTest, PrintsNothingOfItsOwn) {
  std::string bytes = test::read_bytes(eight_a_second());
  bytes.resize(bytes.size() / 2);
  const auto path = file("quiet.mp4", bytes);
  testing::internal::CaptureStderr();
  static_cast<void>(sampled(path));
  static_cast<void>(sampled(file("quiet_text.mp4", "no clip")));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(FrameReaderTest, ReadsSeveralClipsAtOnce) {
  const Read alone = sampled(eight_a_second());
  std::vector<Read> reads(4);
  {
    std::vector<std::jthread> threads;
    for (Read& read : reads) threads.emplace_back([&read] { read = sampled(eight_a_second()); });
  }
  for (const Read& read : reads) EXPECT_EQ(read.frames, alone.frames);
}

}  // namespace
}  // namespace videogen::media
