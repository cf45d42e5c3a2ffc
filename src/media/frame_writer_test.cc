#include "media/frame_writer.h"

#include <signal.h>
#include <sys/resource.h>
#include <cmath>

#include <gmock/gmock.h>

#include "media/clips_for_test_internal.h"

namespace videogen::media {
namespace {

Image picture(int width, int height, int shift) {
  Image image(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      std::uint8_t* pixel = image.row(y) + std::ptrdiff_t{x} * 3;
      pixel[0] = static_cast<std::uint8_t>(120 + 80 * std::sin((x + shift) * 0.07));
      pixel[1] = static_cast<std::uint8_t>(30 + y * 180 / height);
      pixel[2] = static_cast<std::uint8_t>(120 + 60 * std::sin((x + y + shift) * 0.05));
    }
  return image;
}

Status write_clip(const std::filesystem::path& path, const WriteOptions& options, int frames) {
  VIDEOGEN_TRY(FrameWriter writer, FrameWriter::create(path, options));
  for (int i = 0; i < frames; ++i)
    VIDEOGEN_TRY(writer.write(picture(options.width, options.height, i * 3)));
  return writer.finish();
}

WriteOptions small() {
  WriteOptions options;
  options.width = 96;
  options.height = 64;
  options.frame_rate = {24, 1};
  options.existing = AtomicFile::Existing::replace;
  return options;
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  return names;
}

std::filesystem::path folder(const std::string& name) {
  const auto path = test::scratch() / name;
  std::filesystem::create_directories(path);
  return path;
}

TEST(FrameWriter, WritesWhatTheReaderReadsBack) {
  const auto path = test::scratch() / "written.mp4";
  WriteOptions options = small();
  options.frame_rate = {30000, 1001};
  const Status written = write_clip(path, options, 20);
  ASSERT_TRUE(written) << written.error().message;

  Result<FrameReader> reader = FrameReader::open(path, {});
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ(reader->info().codec, "h264");
  EXPECT_EQ(reader->info().frames, 20);
  ASSERT_TRUE(reader->info().frame_rate);
  EXPECT_EQ(reader->info().frame_rate->num, 30000);
  EXPECT_EQ(reader->info().frame_rate->den, 1001);
  int count = 0;
  while (true) {
    Result<std::optional<Frame>> frame = reader->next();
    ASSERT_TRUE(frame) << frame.error().message;
    if (!*frame) break;
    EXPECT_NEAR((*frame)->time_s(), count * 1001 / 30000.0, 1e-9);
    const Result<Image> image = (*frame)->rgb();
    ASSERT_TRUE(image);
    const Image original = picture(96, 64, count * 3);
    double squares = 0;
    for (std::size_t i = 0; i < original.rgb.size(); ++i)
      squares += std::pow(double(image->rgb[i]) - original.rgb[i], 2);
    const double psnr = 10 * std::log10(255.0 * 255.0 * double(original.rgb.size()) / squares);
    EXPECT_GT(psnr, 33) << "frame " << count;
    ++count;
  }
  EXPECT_EQ(count, 20);
}

TEST(FrameWriter, TellsPlayersItsColours) {
  if (!test::have_ffmpeg()) GTEST_SKIP() << "no ffmpeg program";
  const auto path = test::scratch() / "colours.mp4";
  ASSERT_TRUE(write_clip(path, small(), 3));
  const test::Output output = test::run(
      "ffprobe -v error -show_entries "
      "stream=pix_fmt,color_range,color_space,color_transfer,color_primaries -of csv=p=0 " +
      test::quoted(path.string()));
  EXPECT_EQ(output.text, "yuv420p,tv,bt709,bt709,bt709\n");
  // +faststart: the header is in front of the pictures.
  const std::string bytes = test::read_bytes(path);
  EXPECT_LT(bytes.find("moov"), bytes.find("mdat"));
}

TEST(FrameWriter, GivesTheSameBytesEveryTime) {
  const auto first = test::scratch() / "first.mp4";
  const auto second = test::scratch() / "second.mp4";
  ASSERT_TRUE(write_clip(first, small(), 30));
  ASSERT_TRUE(write_clip(second, small(), 30));
  EXPECT_EQ(test::read_bytes(first), test::read_bytes(second));
}

TEST(FrameWriter, PutsKeyFramesWhereTheyAreAsked) {
  if (!test::have_ffmpeg()) GTEST_SKIP() << "no ffmpeg program";
  const auto path = test::scratch() / "keys.mp4";
  WriteOptions options = small();
  options.keyframe_interval = 10;
  ASSERT_TRUE(write_clip(path, options, 30));
  const test::Output output = test::run("ffprobe -v error -show_entries packet=flags -of csv=p=0 " +
                                        test::quoted(path.string()) + " | grep -c K");
  EXPECT_EQ(output.text, "3\n");
}

TEST(FrameWriter, LeavesNothingBehindUnfinished) {
  const auto place = folder("unfinished");
  {
    Result<FrameWriter> writer = FrameWriter::create(place / "clip.mp4", small());
    ASSERT_TRUE(writer) << writer.error().message;
    ASSERT_TRUE(writer->write(picture(96, 64, 0)));
  }
  EXPECT_THAT(names_in(place), testing::IsEmpty());
}

TEST(FrameWriter, RefusesAClipWithoutFrames) {
  const auto place = folder("frameless");
  Result<FrameWriter> writer = FrameWriter::create(place / "clip.mp4", small());
  ASSERT_TRUE(writer);
  const Status finished = writer->finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, ErrorCode::usage);
}

TEST(FrameWriter, KeepsAnExistingFileUnlessToldOtherwise) {
  const auto path = test::scratch() / "existing.mp4";
  test::write_bytes(path, "precious");
  WriteOptions options = small();
  options.existing = AtomicFile::Existing::refuse;
  const Status refused = write_clip(path, options, 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::usage);
  EXPECT_EQ(test::read_bytes(path), "precious");
  EXPECT_TRUE(write_clip(path, small(), 2));
  EXPECT_NE(test::read_bytes(path), "precious");
}

TEST(FrameWriter, RefusesOptionsThatMakeNoSense) {
  const auto place = folder("refused");
  const auto code = [&](auto change) {
    WriteOptions options = small();
    change(options);
    const Result<FrameWriter> writer = FrameWriter::create(place / "clip.mp4", options);
    return writer ? ErrorCode::internal : writer.error().code;
  };
  EXPECT_EQ(code([](WriteOptions& o) { o.width = 95; }), ErrorCode::usage);
  EXPECT_EQ(code([](WriteOptions& o) { o.height = 0; }), ErrorCode::usage);
  EXPECT_EQ(code([](WriteOptions& o) { o.width = 20000; }), ErrorCode::usage);
  EXPECT_EQ(code([](WriteOptions& o) { o.frame_rate = {0, 1}; }), ErrorCode::usage);
  EXPECT_EQ(code([](WriteOptions& o) { o.frame_rate = {1, 0}; }), ErrorCode::usage);
  EXPECT_EQ(code([](WriteOptions& o) { o.crf = 52; }), ErrorCode::usage);
  EXPECT_EQ(code([](WriteOptions& o) { o.preset = "warp"; }), ErrorCode::usage);
  EXPECT_EQ(code([](WriteOptions& o) { o.keyframe_interval = -1; }), ErrorCode::usage);
  EXPECT_EQ(code([](WriteOptions& o) { o.threads = 0; }), ErrorCode::usage);
  EXPECT_THAT(names_in(place), testing::IsEmpty());
}

TEST(FrameWriter, RefusesAFrameOfAnotherSize) {
  Result<FrameWriter> writer = FrameWriter::create(test::scratch() / "sizes.mp4", small());
  ASSERT_TRUE(writer);
  const Status written = writer->write(picture(64, 64, 0));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::usage);
}

TEST(FrameWriter, ReportsAFolderThatIsNotThere) {
  const Status written = write_clip(test::scratch() / "nowhere" / "clip.mp4", small(), 1);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::unwritable);
}

TEST(FrameWriter, ReportsAFullDiskAndLeavesNothing) {
  const auto place = folder("full");
  // A limit on the size of files stands for the end of the disk.
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit tight{2000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const Status written = write_clip(place / "clip.mp4", small(), 60);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::unwritable) << written.error().message;
  EXPECT_THAT(names_in(place), testing::IsEmpty());
}

}  // namespace
}  // namespace videogen::media
