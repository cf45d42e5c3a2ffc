// Defects planted into footage: a rendered clip, read back.
#include "scenes/footage_internal.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "scenes/scene.h"

namespace videogen::scenes {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// Two clips that all tests read: 3 s at 12 frames a second.
class FootageTest : public ::testing::TestWithParam<std::string_view> {
 protected:
  static void SetUpTestSuite() {
    std::string name = (fs::temp_directory_path() / "videogen-footage-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    for (const std::string scene : {"marbles", "forest"}) {
      Clip clip;
      clip.scene = scene;
      clip.width = 128;
      clip.height = 72;
      clip.frame_rate = {12, 1};
      clip.seconds = 3;
      ASSERT_TRUE(write_clip(clip, folder_ / (scene + ".mp4"), AtomicFile::Existing::replace));
    }
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }

  static Clip marbles() { return clip_of_footage(folder_ / "marbles.mp4"); }
  static Renderer make(const Clip& clip) {
    auto renderer = Renderer::create(clip);
    EXPECT_TRUE(renderer) << renderer.error().message;
    return std::move(renderer).value();
  }
  static Error error_of(const Clip& clip) {
    const auto renderer = Renderer::create(clip);
    EXPECT_FALSE(renderer);
    return renderer ? Error{} : renderer.error();
  }

  static inline fs::path folder_;
};

TEST_F(FootageTest, ShowsEveryFrameAsItIsWhereNothingIsPlanted) {
  const Renderer renderer = make(marbles());
  EXPECT_EQ(renderer.frames(), 36);
  EXPECT_EQ(renderer.clip().width, 128);
  EXPECT_EQ(renderer.clip().height, 72);
  EXPECT_EQ(renderer.clip().frame_rate.value(), 12);
  EXPECT_EQ(renderer.clip().seconds, 3);
  auto reader = media::FrameReader::open(folder_ / "marbles.mp4", {}).value();
  for (std::int64_t at = 0; at < 36; ++at) {
    const auto frame = reader.next();
    ASSERT_TRUE(frame && *frame);
    EXPECT_TRUE((*frame)->rgb().value() == renderer.render(at)) << at;
  }
}

TEST_F(FootageTest, IsScaledCroppedShortenedAndSampledAsAsked) {
  Clip clip = marbles();
  clip.width = clip.height = 72;
  clip.frame_rate = {6, 1};
  clip.seconds = 2;
  const Renderer small = make(clip);
  EXPECT_EQ(small.frames(), 12);
  const media::Image cropped = small.render(0);
  EXPECT_EQ(cropped.width, 72);
  const media::Image whole = make(marbles()).render(0);
  for (int y = 0; y < 72; ++y) {
    EXPECT_TRUE(std::equal(cropped.row(y), cropped.row(y) + 3 * 72, whole.row(y) + 3 * 28)) << y;
  }
}

INSTANTIATE_TEST_SUITE_P(Defects, FootageTest,
                         ::testing::ValuesIn(all_defects().begin(), all_defects().end()),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(FootageTest, IsDamagedWhereTheTruthSaysAndNowhereElse) {
  const Renderer clean = make(marbles());
  for (const bool foreign : {false, true}) {
    for (const std::uint64_t seed : {1, 2, 3, 4}) {
      Clip clip = marbles();
      clip.seed = seed;
      if (foreign) clip.with = folder_ / "forest.mp4";
      clip.defects = {{std::string(GetParam()), 1, Severity::medium, ""}};
      const Renderer damaged = make(clip);
      const PlantedDefect truth = damaged.truth()[0];
      EXPECT_EQ(truth.first_frame, 12);
      const bool jumps = truth.kind == "jump";
      const auto leap = jumps ? 5 : 0;  // 0.45 s
      EXPECT_EQ(damaged.frames(), clean.frames() - leap);
      const bool stays =
          jumps || truth.kind == "cut" || truth.kind == "morph" || truth.kind == "drift";
      const auto last = stays ? damaged.frames() - 1 : truth.last_frame;
      for (std::int64_t frame = 0; frame < damaged.frames(); ++frame) {
        const bool hit = frame >= truth.first_frame && frame <= last;
        EXPECT_EQ(damaged.render(frame) != clean.render(frame), hit) << seed << " at " << frame;
      }
      if (jumps) {
        EXPECT_TRUE(damaged.render(12) == clean.render(12 + leap));
      }
      EXPECT_TRUE(make(clip).render(14) == damaged.render(14));
    }
  }
}

TEST_F(FootageTest, IsCutToTheOtherClip) {
  Clip clip = marbles();
  clip.with = folder_ / "forest.mp4";
  clip.defects = {{"cut", 1, Severity::heavy, ""}};
  const media::Image after = make(clip).render(12);
  const Renderer forest = make(clip_of_footage(folder_ / "forest.mp4"));
  bool found = false;
  for (std::int64_t at = 0; at < forest.frames(); ++at) found |= forest.render(at) == after;
  EXPECT_TRUE(found);
}

TEST_F(FootageTest, LeavesLessToADriftWhereAJumpFollows) {
  Clip clip = marbles();
  clip.defects = {{"drift", 0.5, Severity::light, ""}, {"jump", 1, Severity::heavy, ""}};
  const Renderer renderer = make(clip);
  EXPECT_EQ(renderer.frames(), 24);
  EXPECT_EQ(renderer.truth()[0].last_frame, 23);
  EXPECT_DOUBLE_EQ(renderer.truth()[0].end_s, 2);
  clip.defects = {{"jump", 2.5, Severity::heavy, ""}};
  EXPECT_EQ(error_of(clip).code, ErrorCode::usage);
}

TEST_F(FootageTest, IsNamedInTheTruth) {
  Clip clip = marbles();
  clip.defects = {{"freeze", 1, Severity::medium, ""}};
  ASSERT_TRUE(write_clip(clip, folder_ / "out.mp4", AtomicFile::Existing::replace));
  const auto truth = nlohmann::json::parse(read_file(folder_ / "out.mp4.json", 1U << 20).value());
  EXPECT_TRUE(truth["scene"].is_null());
  EXPECT_EQ(truth["source"], "marbles.mp4");
  EXPECT_EQ(truth.size(), 5U);
  EXPECT_EQ(truth["defects"][0].size(), 6U);
}

TEST_F(FootageTest, IsRefusedWithAReason) {
  Clip clip = clip_of_footage(folder_ / "nowhere.mp4");
  EXPECT_EQ(error_of(clip).code, ErrorCode::not_found);
  clip = marbles();
  clip.with = folder_ / "nowhere.mp4";
  EXPECT_EQ(error_of(clip).code, ErrorCode::not_found);

  std::ofstream(folder_ / "notes.mp4") << "no video at all";
  EXPECT_EQ(error_of(clip_of_footage(folder_ / "notes.mp4")).code, ErrorCode::corrupt);

  clip = marbles();
  clip.seconds = 4;
  EXPECT_EQ(error_of(clip).code, ErrorCode::usage);
  EXPECT_THAT(error_of(clip).message, HasSubstr("3.000 s long"));

  clip = marbles();
  clip.width = clip.height = 4096;
  EXPECT_EQ(error_of(clip).code, ErrorCode::limit);
  EXPECT_THAT(error_of(clip).message, HasSubstr("--size"));
}

TEST_F(FootageTest, StopsReadingWhenToldTo) {
  std::stop_source source;
  source.request_stop();
  const auto renderer = Renderer::create(marbles(), source.get_token());
  ASSERT_FALSE(renderer);
  EXPECT_EQ(renderer.error().code, ErrorCode::interrupted);
}

TEST(Shrink, AveragesWhatFallsIntoAPixel) {
  media::Image image(4, 2);
  for (std::size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = std::uint8_t(i);
  const media::Image small = shrink(image, 2, 1);
  // Red of the left half: 0, 3, 12, 15.
  EXPECT_EQ(int(small.rgb[0]), 8);
  EXPECT_EQ(int(small.rgb[3]), 14);
}

}  // namespace
}  // namespace videogen::scenes
