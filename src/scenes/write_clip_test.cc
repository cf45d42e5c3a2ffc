#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/folder_for_test_internal.h"
#include "media/frame_reader.h"
#include "scenes/scene.h"

namespace videogen::scenes {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class WriteClip : public ::testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  static std::string bytes(const fs::path& path) { return read_file(path, 1U << 26).value(); }

  static Clip clip() {
    Clip clip;
    clip.scene = "highway";
    clip.seed = 3;
    clip.width = 128;
    clip.height = 72;
    clip.seconds = 1;
    clip.defects = {{"flash", 0.5, Severity::light}, {"cut", 0.75, Severity::heavy}};
    return clip;
  }

  const TemporaryFolder temporary_;
  const fs::path& folder_ = temporary_.path();
};

TEST_F(WriteClip, GivesTheSameBytesWithAnyNumberOfThreads) {
  std::vector<std::string> written;
  for (const int threads : {1, 2, 4}) {
    const fs::path path = folder_ / std::to_string(threads);
    const Status status =
        write_clip(clip(), path.string() + ".mp4", AtomicFile::Existing::refuse, {}, {}, threads);
    ASSERT_TRUE(status) << status.error().message;
    written.push_back(bytes(path.string() + ".mp4") + bytes(path.string() + ".mp4.json"));
  }
  EXPECT_EQ(written[0], written[1]);
  EXPECT_EQ(written[0], written[2]);
}

TEST_F(WriteClip, WritesEveryFrameAndReportsProgress) {
  std::vector<std::int64_t> seen;
  const auto progress = [&](std::int64_t done, std::int64_t total) {
    EXPECT_EQ(total, 24);
    seen.push_back(done);
  };
  ASSERT_TRUE(write_clip(clip(), folder_ / "a.mp4", AtomicFile::Existing::refuse, progress));
  ASSERT_EQ(seen.size(), 24U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(seen.back(), 24);

  const Renderer renderer = Renderer::create(clip()).value();
  auto reader = media::FrameReader::open(folder_ / "a.mp4", {});
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ(reader->info().width, 128);
  std::int64_t count = 0;
  for (auto frame = reader->next(); frame && *frame; frame = reader->next(), ++count) {
    const media::Image image = (*frame)->rgb().value();
    const media::Image rendered = renderer.render(count);
    double sum = 0;
    for (std::size_t i = 0; i < image.rgb.size(); ++i) {
      sum += std::abs(int(image.rgb[i]) - int(rendered.rgb[i]));
    }
    EXPECT_LT(sum / double(image.rgb.size()), 8) << "frame " << count;  // the codec's loss
  }
  EXPECT_EQ(count, 24);
}

TEST_F(WriteClip, WritesTheTruthBesideTheClip) {
  ASSERT_TRUE(write_clip(clip(), folder_ / "a.mp4", AtomicFile::Existing::refuse));
  EXPECT_THAT(files(), ::testing::ElementsAre("a.mp4", "a.mp4.json"));
  const auto truth = nlohmann::json::parse(bytes(folder_ / "a.mp4.json"));
  EXPECT_EQ(truth["schema"], "videogen.truth/1");
  EXPECT_EQ(truth["scene"], "highway");
  EXPECT_EQ(truth["seed"], 3);
  EXPECT_EQ(truth.size(), 4U);
  ASSERT_EQ(truth["defects"].size(), 2U);
  const auto& flash = truth["defects"][0];
  EXPECT_EQ(flash.size(), 6U);
  EXPECT_EQ(flash["kind"], "flash");
  EXPECT_EQ(flash["severity"], "light");
  EXPECT_EQ(flash["first_frame"], 12);
  EXPECT_EQ(flash["last_frame"], 12);
  EXPECT_DOUBLE_EQ(flash["start_s"], 0.5);
  EXPECT_DOUBLE_EQ(flash["end_s"], 13.0 / 24);
  const auto& cut = truth["defects"][1];
  EXPECT_EQ(cut["severity"], "heavy");
  EXPECT_EQ(cut["first_frame"], 18);
  EXPECT_EQ(cut["last_frame"], 18);
  EXPECT_EQ(cut["start_s"], cut["end_s"]);
}

TEST_F(WriteClip, LeavesNeitherFileWhenInterrupted) {
  std::stop_source source;
  const auto progress = [&](std::int64_t done, std::int64_t) {
    if (done == 5) source.request_stop();
  };
  const Status status = write_clip(clip(), folder_ / "a.mp4", AtomicFile::Existing::refuse,
                                   progress, source.get_token());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::interrupted);
  EXPECT_THAT(files(), ::testing::IsEmpty());
}

TEST_F(WriteClip, RefusesToReplaceEitherFileUnlessTold) {
  for (const std::string name : {"a.mp4", "a.mp4.json"}) {
    std::ofstream(folder_ / name) << "precious";
    const Status status = write_clip(clip(), folder_ / "a.mp4", AtomicFile::Existing::refuse);
    ASSERT_FALSE(status) << name;
    EXPECT_EQ(status.error().code, ErrorCode::usage);
    EXPECT_THAT(status.error().message, HasSubstr(name));
    EXPECT_EQ(bytes(folder_ / name), "precious");
    EXPECT_THAT(files(), ::testing::ElementsAre(name));
    fs::remove(folder_ / name);
  }
  std::ofstream(folder_ / "a.mp4") << "old";
  std::ofstream(folder_ / "a.mp4.json") << "old";
  ASSERT_TRUE(write_clip(clip(), folder_ / "a.mp4", AtomicFile::Existing::replace));
  EXPECT_GT(fs::file_size(folder_ / "a.mp4"), 1000U);
  EXPECT_THAT(bytes(folder_ / "a.mp4.json"), HasSubstr("videogen.truth/1"));
}

TEST_F(WriteClip, LeavesTheOldFilesWhenTheTruthCannotBeWritten) {
  const auto block_truth = [&](std::int64_t done, std::int64_t total) {
    if (done < total) return;
    fs::remove(folder_ / "a.mp4.json");
    fs::create_directory(folder_ / "a.mp4.json");
  };
  using Existing = AtomicFile::Existing;
  ASSERT_FALSE(write_clip(clip(), folder_ / "a.mp4", Existing::refuse, block_truth));
  EXPECT_THAT(files(), ::testing::ElementsAre("a.mp4.json"));

  fs::remove(folder_ / "a.mp4.json");
  std::ofstream(folder_ / "a.mp4") << "old";
  ASSERT_FALSE(write_clip(clip(), folder_ / "a.mp4", Existing::replace, block_truth));
  EXPECT_EQ(bytes(folder_ / "a.mp4"), "old");
  EXPECT_THAT(files(), ::testing::ElementsAre("a.mp4", "a.mp4.json"));
}

TEST_F(WriteClip, PutsALinkBackAsALink) {
  std::ofstream(folder_ / "original") << "old";
  fs::create_symlink("original", folder_ / "a.mp4");
  const auto block_truth = [&](std::int64_t done, std::int64_t total) {
    if (done == total) fs::create_directory(folder_ / "a.mp4.json");
  };
  ASSERT_FALSE(write_clip(clip(), folder_ / "a.mp4", AtomicFile::Existing::replace, block_truth));
  EXPECT_EQ(fs::read_symlink(folder_ / "a.mp4"), "original");
  EXPECT_EQ(bytes(folder_ / "original"), "old");
}

TEST_F(WriteClip, SaysAtOnceWhatCannotBeWritten) {
  const auto progress = [](std::int64_t, std::int64_t) { FAIL() << "nothing should be rendered"; };
  const Status status =
      write_clip(clip(), folder_ / "nowhere" / "a.mp4", AtomicFile::Existing::refuse, progress);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("nowhere"));
  Clip bad = clip();
  bad.defects = {{"cut", 99, Severity::light}};
  const Status usage = write_clip(bad, folder_ / "a.mp4", AtomicFile::Existing::refuse, progress);
  ASSERT_FALSE(usage);
  EXPECT_EQ(usage.error().code, ErrorCode::usage);
  EXPECT_THAT(files(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace videogen::scenes
