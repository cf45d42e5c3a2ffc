// Every frame and every sampled frame, against the real ffmpeg, to the last bit.
#include <fcntl.h>
#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "media/clips_for_test_internal.h"
#include "media/live_input.h"

namespace videogen::media {
namespace {

using test::Read;

// A picture that moves, with detail, that is cheap to encode.
std::string source(const std::string& size, const std::string& rate, const std::string& seconds) {
  return fmt::format("-f lavfi -i testsrc2=size={}:rate={}:duration={}", size, rate, seconds);
}

const std::string kX264 = " -c:v libx264 -threads 2 -pix_fmt yuv420p ";

// Made from an older clip without encoding it again.
std::string copy_of(const std::filesystem::path& clip, const std::string& arguments) {
  return fmt::format("-i {} -c copy {}", test::quoted(clip.string()), arguments);
}

struct Recipe {
  std::string name;                        // of the test
  std::string file;                        // with its extension
  std::function<std::string()> arguments;  // for ffmpeg
};

void PrintTo(const Recipe& recipe, std::ostream* out) { *out << recipe.name; }

Recipe plain(const std::string& name, const std::string& extension, const std::string& arguments) {
  return {name, name + extension, [=] { return arguments; }};
}

// An ordinary clip with B-frames that others are derived from.
std::filesystem::path ordinary() {
  return test::make_clip("ordinary.mp4", source("160x96", "25", "3") + kX264 + "-g 20");
}

std::vector<Recipe> h264_recipes() {
  std::vector<Recipe> list;
  for (const std::string rate : {"24000/1001", "24", "25", "30000/1001", "30", "60"}) {
    std::string name = "Rate" + rate.substr(0, rate.find('/')) +
                       (rate.find('/') == std::string::npos ? "" : "over1001");
    list.push_back(plain(name, ".mp4", source("160x96", rate, "3.2") + kX264));
  }
  const std::string base = source("160x96", "24", "4");
  const auto x264 = [&](const std::string& name, const std::string& parameters) {
    list.push_back(plain(name, ".mp4", base + kX264 + "-x264-params " + parameters));
  };
  x264("OpenGop", "open-gop=1:keyint=18:min-keyint=1:bframes=3:b-pyramid=normal");
  x264("ClosedGops", "keyint=20:min-keyint=20:bframes=3:scenecut=0");
  x264("NoBFrames", "bframes=0:keyint=30");
  x264("ManyBFrames", "bframes=8:b-adapt=0:ref=5:keyint=60");
  x264("IntraRefresh", "intra-refresh=1:keyint=20:bframes=2");
  x264("Interlaced", "tff=1:bframes=2:keyint=20");
  x264("Lossless", "qp=0:keyint=20");
  list.push_back(plain("Vfr", ".mp4",
                       source("160x96", "30", "5") +
                           " -vf select='not(mod(n*n\\,7))+gt(mod(n\\,50)\\,40)'"
                           " -fps_mode passthrough" +
                           kX264));
  list.push_back(plain("VfrMatroska", ".mkv",
                       source("160x96", "30", "5") +
                           " -vf select='lt(n\\,20)+gt(n\\,110)' -fps_mode passthrough" + kX264));
  const std::string encode = " -c:v libx264 -threads 2 -g 20 -pix_fmt ";
  for (const std::string format : {"yuv420p10le", "yuvj420p", "yuv422p", "yuv444p", "gray"})
    list.push_back(plain("Format_" + format, ".mp4", base + encode + format));
  list.push_back(plain("OddSize444", ".mp4", source("161x91", "24", "2") + encode + "yuv444p"));
  list.push_back(plain("Bt709FullRange", ".mp4",
                       base +
                           " -vf scale=out_range=full:out_color_matrix=bt709 -color_range pc "
                           "-colorspace bt709" +
                           encode + "yuv420p"));
  return list;
}

std::vector<Recipe> container_recipes() {
  std::vector<Recipe> list;
  const auto derived = [&](const std::string& name, const std::string& extension,
                           const std::string& before, const std::string& after) {
    list.push_back({name, name + extension, [=] { return before + copy_of(ordinary(), after); }});
  };
  derived("EditList", ".mp4", "-ss 0.9 ", "");
  derived("LargeStart", ".mp4", "-itsoffset 5000 ", "");
  derived("LargeStartMatroska", ".mkv", "-itsoffset 5000 ", "-copyts");
  derived("NegativeStart", ".mov", "-itsoffset -1.3 ",
          "-copyts -avoid_negative_ts disabled -use_editlist 0");
  derived("NegativeStartMatroska", ".mkv", "-itsoffset -1.3 ",
          "-copyts -avoid_negative_ts disabled");
  derived("Fragmented", ".mp4", "", "-movflags +frag_keyframe+empty_moov");
  derived("Matroska", ".mkv", "", "");
  derived("TransportStream", ".ts", "", "");
  derived("TransportStreamLateStart", ".ts", "", "-output_ts_offset 90000");
  derived("TransportStreamWrap", ".ts", "", "-output_ts_offset 95442");
  derived("Flv", ".flv", "", "");
  derived("Avi", ".avi", "", "");
  derived("AnnexB", ".h264", "", "");
  for (const std::string angle : {"90", "180", "270", "45"})
    derived("Rotated" + angle, ".mp4", "", "-metadata:s:v:0 rotate=" + angle);
  const std::string orient = "-bsf:v h264_metadata=display_orientation=insert:";
  derived("OrientationMessage90", ".mp4", "", orient + "rotate=90");
  derived("OrientationMessageFlip", ".mp4", "", orient + "flip=horizontal");
  derived("OrientationMessageFlip270", ".ts", "", orient + "rotate=270:flip=vertical");
  derived("LateVideo", ".mp4", "-itsoffset 0.73 ",
          "-f lavfi -i sine=duration=3 -map 0:v -map 1:a -c:a aac -shortest");
  list.back().arguments = [] {
    return fmt::format(
        "-itsoffset 0.73 -i {} -f lavfi -i sine=duration=3 -map 0:v -map 1:a -c:v copy -c:a aac",
        test::quoted(ordinary().string()));
  };
  return list;
}

std::vector<Recipe> codec_recipes() {
  const std::string base = source("160x96", "24", "3");
  const std::string odd = source("163x97", "24", "2");
  const std::string x265 =
      " -c:v libx265 -preset superfast -pix_fmt yuv420p -x265-params "
      "log-level=none:pools=2:";
  const std::string vp9 = " -c:v libvpx-vp9 -deadline realtime -cpu-used 8 ";
  return {
      plain("HevcOpenGop", ".mp4", base + x265 + "keyint=20:min-keyint=20:open-gop=1:bframes=4"),
      plain("HevcClosedGop", ".mp4", base + x265 + "keyint=20:open-gop=0:bframes=4"),
      plain("HevcPyramid", ".mkv", base + x265 + "keyint=30:bframes=8:b-adapt=0:b-pyramid=1"),
      plain("HevcTemporalLayers", ".mp4", base + x265 + "keyint=30:temporal-layers=1:bframes=3"),
      plain("HevcTransportStream", ".ts", base + x265 + "keyint=20"),
      plain("Hevc10", ".mp4",
            base + " -c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -x265-params "
                   "log-level=none:keyint=20"),
      plain("Vp9", ".webm", odd + vp9 + "-g 20"),
      plain("Vp9AltRef", ".webm",
            base + " -c:v libvpx-vp9 -deadline good -cpu-used 5 -g 25 -lag-in-frames 16 "
                   "-auto-alt-ref 1 -b:v 200k"),
      plain("Vp9InMp4", ".mp4", base + vp9 + "-g 20"),
      plain("Vp8", ".webm", odd + " -c:v libvpx -deadline realtime -cpu-used 8 -g 20"),
      plain("Av1", ".mp4", base + " -c:v libsvtav1 -preset 12 -g 24"),
      plain("Av1Matroska", ".mkv",
            source("163x97", "24", "1") + " -c:v libaom-av1 -cpu-used 8 -usage realtime -g 12"),
      plain("Mpeg4", ".mp4", base + " -c:v mpeg4 -bf 2 -g 15"),
      plain("Mpeg4Avi", ".avi", base + " -c:v mpeg4 -bf 2 -g 15"),
      plain("Mpeg4AviNoBFrames", ".avi", odd + " -c:v mpeg4 -bf 0"),
      plain("Mpeg2Ts", ".ts", base + " -c:v mpeg2video -bf 2 -flags +ildct+ilme"),
      plain("Mpeg2Ps", ".mpg", base + " -c:v mpeg2video -bf 2 -r 25"),
      plain("Mjpeg", ".avi", odd + " -c:v mjpeg"),
      plain("Prores", ".mov", base + " -c:v prores_ks -pix_fmt yuv422p10le"),
      plain("Gif", ".gif", source("161x91", "12", "2")),
      plain("GifTransparent", ".gif",
            "-f lavfi -i color=c=red@0.0:size=64x48:rate=10:duration=2,format=rgba "
            "-f lavfi -i color=c=blue:size=20x20:rate=10:duration=2 -filter_complex "
            "\"[0][1]overlay=x=n*2:y=5:format=auto,split[a][b];"
            "[a]palettegen=reserve_transparent=1[p];[b][p]paletteuse\""),
      plain("Apng", ".apng", source("64x48", "10", "1.2") + " -plays 0 -f apng"),
      plain("Theora", ".ogv", base + " -c:v libtheora -g 12"),
      plain("RawVideo", ".nut", source("65x49", "10", "1") + " -c:v rawvideo -pix_fmt yuv420p"),
  };
}

std::vector<Recipe> short_recipes() {
  const std::string still = "-f lavfi -i testsrc2=size=96x64:rate=1 -frames:v 1";
  return {
      plain("OneFrame", ".mp4", still + kX264),
      plain("OneLongFrame", ".mp4", "-f lavfi -i testsrc2=size=96x64:rate=1/5 -frames:v 1" + kX264),
      plain("StillImageClip", ".mp4",
            "-f lavfi -i testsrc2=size=96x64:rate=25 -vf trim=end_frame=1,loop=60:1" + kX264),
      plain("ThirdOfASecond", ".mp4", source("96x64", "24", "0.33") + kX264),
      plain("HalfASecond", ".mp4", source("96x64", "24", "0.5") + kX264),
      plain("JustOverASecond", ".webm",
            source("96x64", "30", "1.1") + " -c:v libvpx-vp9 -deadline realtime -cpu-used 8"),
      plain("PngPicture", ".png", still),
      plain("JpegPicture", ".jpg", still + " -pix_fmt yuvj420p"),
  };
}

std::vector<Recipe> recipes() {
  std::vector<Recipe> all;
  for (auto& part : {h264_recipes(), container_recipes(), codec_recipes(), short_recipes()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

class Sampling : public testing::TestWithParam<Recipe> {};

// Joined transport streams lose count at the seam, which is told.
enum class Damaged { no, perhaps };

void expect_as_ffmpeg(const std::filesystem::path& path, const std::string& rate,
                      Damaged damage = Damaged::no) {
  SCOPED_TRACE(fmt::format("{} at rate '{}'", path.filename().string(), rate));
  const Result<VideoInfo> info = probe(path);
  ASSERT_TRUE(info) << info.error().message;
  const std::vector<std::string> expected = test::ffmpeg_frames(path, info->stream_index, rate);
  for (const bool skip : {false, true}) {
    ReadOptions options;
    options.skip_unneeded = skip;
    if (!rate.empty()) options.sample_rate = test::rational(rate);
    const Read read = test::read_frames(path, options);
    ASSERT_FALSE(read.error) << read.error->message;
    EXPECT_EQ(read.frames, expected) << (skip ? "skipping" : "decoding all");
    if (damage == Damaged::no) {
      EXPECT_THAT(read.damage, testing::IsEmpty());
    }
  }
}

// What arrives is read as the finished file is, where it can be read from front to back.
TEST_P(Sampling, GivesTheSameWhileTheFileArrives) {
  if (!test::have_ffmpeg()) GTEST_SKIP() << "no ffmpeg program";
  std::filesystem::path path = test::make_clip(GetParam().file, GetParam().arguments());
  ASSERT_FALSE(path.empty());
  if (path.extension() == ".mp4" || path.extension() == ".mov")
    path = test::make_clip("front_" + GetParam().file, copy_of(path, "-movflags +faststart"));
  const auto opened = [&] {
    return LiveInput(::open(path.c_str(), O_RDONLY | O_CLOEXEC), path.string(),
                     std::chrono::milliseconds(0));
  };
  if (opened().layout({}).value() == LiveInput::Layout::whole_only)
    GTEST_SKIP() << "needs its end first";
  ReadOptions options;
  const Read expected = test::read_frames(path, options);
  LiveInput live = opened();
  options.live = &live;
  const Read read = test::read_frames(path, options);
  ASSERT_FALSE(read.error) << read.error->message;
  EXPECT_EQ(read.frames, expected.frames);
  EXPECT_EQ(read.times_s, expected.times_s);
  EXPECT_THAT(read.damage, testing::IsEmpty());
}

// The frames of some spans are those of a full reading whose times lie in them.
TEST_P(Sampling, GivesOnlyWhatLiesInSpans) {
  if (!test::have_ffmpeg()) GTEST_SKIP() << "no ffmpeg program";
  const std::filesystem::path path = test::make_clip(GetParam().file, GetParam().arguments());
  ASSERT_FALSE(path.empty());
  const std::vector<TimeSpan> spans{{0.3, 0.45}, {1.1, 1.1}, {1.52, 2.04}};
  auto all = FrameReader::open(path, {});
  ASSERT_TRUE(all) << all.error().message;
  std::vector<std::pair<std::int64_t, std::vector<std::uint8_t>>> expected;
  for (auto frame = all->next(); frame && *frame; frame = all->next())
    if (std::ranges::any_of(spans, [&](const TimeSpan& span) {
          return span.from_s <= (*frame)->time_s() && (*frame)->time_s() <= span.to_s;
        }))
      expected.emplace_back((*frame)->source_index(), (*frame)->rgb()->rgb);
  for (const bool skip : {false, true}) {
    ReadOptions options;
    options.only = spans;
    options.skip_unneeded = skip;
    auto some = FrameReader::open(path, options);
    ASSERT_TRUE(some) << some.error().message;
    std::size_t count = 0;
    for (auto frame = some->next(); frame && *frame; frame = some->next()) {
      ASSERT_LT(count, expected.size());
      EXPECT_EQ((*frame)->source_index(), expected[count].first);
      EXPECT_TRUE((*frame)->rgb()->rgb == expected[count].second) << count;
      ++count;
    }
    EXPECT_EQ(count, expected.size()) << (skip ? "skipping" : "decoding all");
  }
}

TEST_P(Sampling, GivesTheFramesOfFfmpeg) {
  if (!test::have_ffmpeg()) GTEST_SKIP() << "no ffmpeg program";
  const std::filesystem::path path = test::make_clip(GetParam().file, GetParam().arguments());
  ASSERT_FALSE(path.empty());
  for (const std::string rate : {"", "1", "22/3"}) expect_as_ffmpeg(path, rate);
}

INSTANTIATE_TEST_SUITE_P(Clips, Sampling, testing::ValuesIn(recipes()),
                         [](const auto& recipe) { return recipe.param.name; });

// Two clips one after the other in one file, as broadcasters and damaged tools leave them.
std::filesystem::path joined(const std::string& name, const std::filesystem::path& first,
                             const std::filesystem::path& second) {
  std::filesystem::path path = test::scratch() / name;
  test::write_bytes(path, test::read_bytes(first) + test::read_bytes(second));
  return path;
}

TEST(SamplingOfJoinedClips, ScalesToTheFirstSizeAsFfmpegDoes) {
  if (!test::have_ffmpeg()) GTEST_SKIP() << "no ffmpeg program";
  for (const std::string extension : {".h264", ".ts"}) {
    const auto small = test::make_clip("small" + extension, source("96x64", "25", "1.4") + kX264);
    const auto large = test::make_clip("large" + extension, source("160x128", "25", "1.7") + kX264);
    const auto path = joined("sizes" + extension, small, large);
    for (const std::string rate : {"", "1", "22/3"}) expect_as_ffmpeg(path, rate, Damaged::perhaps);
  }
}

TEST(SamplingOfJoinedClips, BridgesJumpsOfTheClock) {
  if (!test::have_ffmpeg()) GTEST_SKIP() << "no ffmpeg program";
  const auto late =
      test::make_clip("late.ts", source("96x64", "25", "1.4") + kX264 + "-output_ts_offset 300");
  const auto early = test::make_clip("early.ts", source("96x64", "25", "1.7") + kX264);
  for (const std::string rate : {"", "1", "22/3"}) {
    expect_as_ffmpeg(joined("backwards.ts", late, early), rate, Damaged::perhaps);
    expect_as_ffmpeg(joined("forwards.ts", early, late), rate, Damaged::perhaps);
  }
}

TEST(SamplingOfJoinedClips, TakesTheLargerOfTwoStreams) {
  if (!test::have_ffmpeg()) GTEST_SKIP() << "no ffmpeg program";
  const auto path = test::make_clip(
      "two_streams.mkv",
      source("64x48", "25", "2") + " " + source("128x96", "30000/1001", "2") +
          " -map 0 -map 1 -disposition:v:0 0 -disposition:v:1 0 -default_mode passthrough" + kX264);
  const Result<VideoInfo> info = probe(path);
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->stream_index, 1);
  EXPECT_EQ(info->width, 128);
  expect_as_ffmpeg(path, "1");
}

// Clips of the wide world, where they are at hand.
TEST(SamplingOfRealClips, GivesTheFramesOfFfmpeg) {
  const std::filesystem::path folder = VIDEOGEN_SOURCE_DIR "/../shared/videos";
  if (!test::have_ffmpeg() || !std::filesystem::is_directory(folder))
    GTEST_SKIP() << "no ffmpeg program or no clips";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".mp4" || extension == ".gif") expect_as_ffmpeg(entry.path(), "1");
  }
}

}  // namespace
}  // namespace videogen::media
