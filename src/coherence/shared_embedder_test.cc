// Many clips at once with one shared model: the same reports as one by one.
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "coherence/validate.h"
#include "embed/clip.h"
#include "embed/shared_embedder.h"
#include "media/frame_writer.h"

namespace videogen::coherence {
namespace {

namespace fs = std::filesystem;

class SharedValidation : public testing::Test {
 protected:
  SharedValidation() {
    fs::create_directory(folder_);
    // The packed weights of this test's own.
    ::setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
  }
  ~SharedValidation() override {
    ::unsetenv("XDG_CACHE_HOME");
    fs::remove_all(folder_);
  }

  // Discs that grow, at four frames a second; each number another clip.
  Source clip(int number) const {
    const std::string name = std::to_string(number) + ".mp4";
    auto writer = media::FrameWriter::create(
        folder_ / name, {.width = 96, .height = 64, .frame_rate = {4, 1}, .crf = 10});
    EXPECT_TRUE(writer) << writer.error().message;
    for (int t = 0; t < 16; ++t) {
      media::Image frame(96, 64);
      for (int y = 0; y < 64; ++y)
        for (int x = 0; x < 96; ++x) {
          const bool inside = std::hypot(x - 20 - 9 * number, y - 32) < 5 + t;
          frame.row(y)[x * 3 + number % 3] = static_cast<std::uint8_t>(inside ? 220 : 30 + 2 * y);
        }
      EXPECT_TRUE(writer->write(frame));
    }
    EXPECT_TRUE(writer->finish());
    return {folder_ / name, name};
  }

  const fs::path folder_ =
      fs::path(testing::TempDir()) / ("shared-validation." + std::to_string(::getpid()));
};

TEST_F(SharedValidation, ReportsAreThoseOfOneByOne) {
  constexpr int kClips = 6;
  const std::shared_ptr<const embed::Clip> model =
      embed::Clip::load(VIDEOGEN_SOURCE_DIR "/tests/golden/clip/tiny-quick-gelu",
                        embed::Precision::f32)
          .value();
  embed::SharingOptions sharing;
  sharing.cache = pool::EmbeddingCache::open({}).value();
  const auto shared = embed::SharedEmbedder::share(model, sharing).value();
  Options options;
  options.fps = {4, 1};
  options.prompt = "a growing disc";
  options.vbench = true;
  std::vector<Source> sources;
  std::vector<Report> alone;
  for (int i = 0; i < kClips; ++i) {
    sources.push_back(clip(i));
    alone.push_back(validate(sources.back(), {model, "test", {}}, options).value());
  }
  for (int round = 0; round < 2; ++round) {
    std::vector<Result<Report>> together(kClips, fail(ErrorCode::internal, "not run"));
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < kClips; ++i)
        threads.emplace_back([&, i] {
          together[i] = validate(sources[i], {shared, "test", {}}, options);
        });
    }
    for (std::size_t i = 0; i < kClips; ++i) {
      ASSERT_TRUE(together[i]) << together[i].error().message;
      const Report& expected = alone[i];
      EXPECT_EQ(together[i]->embedder.digest, expected.embedder.digest);
      EXPECT_NEAR(*together[i]->overall_coherence, *expected.overall_coherence, 1e-5);
      EXPECT_NEAR(*together[i]->min_coherence, *expected.min_coherence, 1e-5);
      const std::vector<Measure>& measures = together[i]->analysis->measures;
      ASSERT_EQ(measures.size(), expected.analysis->measures.size());
      std::size_t of_clip = 0;
      for (std::size_t m = 0; m < measures.size(); ++m) {
        const Measure& measure = expected.analysis->measures[m];
        ASSERT_EQ(measures[m].value.has_value(), measure.value.has_value())
            << measure.name << ": " << measures[m].absent;
        if (!measure.value) continue;
        EXPECT_NEAR(*measures[m].value, *measure.value, 1e-4) << measure.name;
        of_clip += measure.name == "prompt_adherence" || measure.name == "background_consistency";
      }
      EXPECT_EQ(of_clip, 2U) << "both ways to CLIP itself are taken";
    }
  }
  // The second time nothing was left to compute.
  const auto seen = sharing.cache->statistics();
  EXPECT_GE(seen.memory_hits, seen.misses);
  EXPECT_LE(shared->statistics().items, seen.misses);
}

}  // namespace
}  // namespace videogen::coherence
