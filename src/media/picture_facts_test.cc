#include "media/picture_facts_internal.h"

#include <gmock/gmock.h>

#include "media/clips_for_test_internal.h"
#include "media/packet_index_internal.h"

namespace videogen::media {
namespace {

struct Counts {
  int packets = 0, entries = 0, disposable = 0, leading = 0;
  bool doubtful = true;
};

Counts count(const std::filesystem::path& path) {
  LogSink log;
  Deadline deadline(std::chrono::seconds{60});
  const Deadline::Call call(deadline, {});
  Result<Demuxer> demuxer = Demuxer::open(path, {}, deadline, log);
  Counts counts;
  if (!demuxer || !can_index(*demuxer)) return counts;
  const auto index = index_packets(*demuxer, deadline);
  if (!index || !*index) return counts;
  counts.doubtful = false;
  for (const PacketEntry& packet : (*index)->packets) {
    ++counts.packets;
    counts.entries += packet.entry ? 1 : 0;
    counts.disposable += packet.disposable ? 1 : 0;
    counts.leading += packet.leading ? 1 : 0;
  }
  return counts;
}

// How many frames ffmpeg's own decoder gives when told to skip the same kind.
int decoded_by_ffmpeg(const std::filesystem::path& path, const std::string& skip) {
  const test::Output output = test::run(
      fmt::format("ffmpeg -nostdin -v quiet -skip_frame {} -i {} -map 0:v:0 -fps_mode passthrough "
                  "-f framecrc - | grep -vc '^#'",
                  skip, test::quoted(path.string())));
  return std::atoi(output.text.c_str());
}

// How many packets the container marks as key frames.
int key_packets(const std::filesystem::path& path) {
  const test::Output output = test::run(
      fmt::format("ffprobe -v quiet -select_streams v:0 -show_entries packet=flags -of csv {} | "
                  "grep -c K",
                  test::quoted(path.string())));
  return std::atoi(output.text.c_str());
}

std::string testsrc(const std::string& seconds) {
  return "-f lavfi -i testsrc2=size=96x64:rate=24:duration=" + seconds + " -pix_fmt yuv420p ";
}

class PictureFactsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::have_ffmpeg()) GTEST_SKIP() << "no ffmpeg program";
  }
};

TEST_F(PictureFactsTest, FindsTheDisposablePicturesThatFfmpegFinds) {
  const std::string x265 = "-c:v libx265 -preset superfast -x265-params log-level=none:";
  for (const auto& [name, encoder] : std::initializer_list<std::pair<std::string, std::string>>{
           {"facts.mp4", "-c:v libx264 -g 24 -bf 3"},
           {"facts.ts", "-c:v libx264 -g 24 -bf 3 -x264-params open-gop=1"},
           {"facts.mkv", x265 + "keyint=24:bframes=4"},
           {"facts265.ts", x265 + "keyint=24:bframes=4"}}) {
    const auto path = test::make_clip(name, testsrc("4") + encoder);
    const Counts counts = count(path);
    ASSERT_FALSE(counts.doubtful) << name;
    EXPECT_EQ(counts.packets, 96) << name;
    EXPECT_GT(counts.disposable, 20) << name;
    EXPECT_EQ(counts.packets - counts.disposable, decoded_by_ffmpeg(path, "noref")) << name;
  }
}

TEST_F(PictureFactsTest, CountsOnlyCleanEntries) {
  const auto closed = test::make_clip("closed.mp4", testsrc("4") +
                                                        "-c:v libx264 -x264-params "
                                                        "keyint=24:min-keyint=24:scenecut=0");
  EXPECT_EQ(count(closed).entries, 4);
  const auto open =
      test::make_clip("open.mp4", testsrc("4") +
                                      "-c:v libx264 -x264-params "
                                      "keyint=24:min-keyint=24:scenecut=0:open-gop=1:bframes=3");
  EXPECT_EQ(count(open).entries, 1) << "later ones are recovery points";
  const auto hevc =
      test::make_clip("hevc_open.mp4",
                      testsrc("4") +
                          "-c:v libx265 -preset superfast -x265-params "
                          "log-level=none:keyint=24:min-keyint=24:scenecut=0:open-gop=1:bframes=4");
  const Counts counts = count(hevc);
  EXPECT_EQ(counts.entries, 4);
  EXPECT_GT(counts.leading, 2);
}

TEST_F(PictureFactsTest, FindsTheKeyFramesOfVp9AndAv1) {
  const auto vp9 =
      test::make_clip("facts.webm", testsrc("4") +
                                        "-c:v libvpx-vp9 -deadline good -cpu-used 5 -g 24 "
                                        "-lag-in-frames 16 -auto-alt-ref 1");
  const auto av1 =
      test::make_clip("facts_av1.mp4", testsrc("4") + "-c:v libsvtav1 -preset 12 -g 24");
  for (const auto& path : {vp9, av1}) {
    const Counts counts = count(path);
    ASSERT_FALSE(counts.doubtful) << path;
    EXPECT_EQ(counts.packets, 96) << path;
    EXPECT_EQ(counts.entries, key_packets(path)) << path;
    EXPECT_GE(counts.entries, 4) << path;
    EXPECT_EQ(counts.disposable, 0) << path;
  }
}

TEST_F(PictureFactsTest, DoubtsWhatItCannotBeSureOf) {
  const auto fields =
      test::make_clip("fields.mp4", testsrc("1") + "-c:v libx264 -x264-params tff=1");
  EXPECT_TRUE(count(fields).doubtful) << "two fields may share a frame";
  const auto small = test::make_clip("small.h264", testsrc("1") + "-c:v libx264");
  const auto other =
      test::make_clip("other.h264", testsrc("1") + "-c:v libx264 -profile:v baseline");
  const auto joined = test::scratch() / "joined.h264";
  test::write_bytes(joined, test::read_bytes(small) + test::read_bytes(other));
  EXPECT_TRUE(count(joined).doubtful) << "parameters change on the way";
}

}  // namespace
}  // namespace videogen::media
