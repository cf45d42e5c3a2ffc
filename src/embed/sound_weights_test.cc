#include "embed/sound_weights_internal.h"

#include <cstring>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "embed/test_folder_internal.h"
#include "embed/vision_tower_internal.h"

namespace videogen::embed {
namespace {

namespace fs = std::filesystem;

// A model folder whose vision tower is in the cache already.
class SoundWeightsTest : public testing::Test {
 protected:
  SoundWeightsTest() {
    fs::copy(golden_clip() / "tiny-quick-gelu", model_.path(), fs::copy_options::recursive);
    folder_.emplace(ClipFolder::open(model_.path(), {}).value());
    const ClipConfig& config = folder_->config();
    tower_.emplace(config.vision, config.projection, onednn::Type::f32);
    (void)folder_->pack_weights(layout(), {}).value();
  }

  [[nodiscard]] const WeightLayout& layout() const { return tower_->layout(); }
  [[nodiscard]] PackedWeights mapped() const { return folder_->map_weights(layout(), {}).value(); }
  [[nodiscard]] fs::path cached() const {
    return fs::directory_iterator(cache_.path() / "weights")->path();
  }
  // In place: a mapping sees it.
  void damage() const {
    std::string content = read_text(cached());
    content[content.size() / 2] ^= 1;
    write_text(cached(), content);
  }

  const TemporaryCache cache_;
  const TemporaryFolder model_;
  std::optional<ClipFolder> folder_;
  std::optional<VisionTower> tower_;
};

TEST_F(SoundWeightsTest, AreTheMappedOnesIfTheChecksumAgrees) {
  PackedWeights weights = mapped();
  EXPECT_FALSE(weights.verified());
  const std::byte* where = weights.data();
  const SoundWeights sound(std::move(weights), *folder_, layout());
  EXPECT_EQ(sound.get({}).value(), where);
}

TEST_F(SoundWeightsTest, NeedNoCheckWhenTheyWerePackedJustNow) {
  PackedWeights weights = folder_->pack_weights(layout(), {}).value();
  EXPECT_TRUE(weights.verified());
  const SoundWeights sound(std::move(weights), *folder_, layout());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(sound.get(stop.get_token()).has_value());
}

TEST_F(SoundWeightsTest, ArePackedAgainForEveryThreadIfTheFileIsDamaged) {
  const std::string content = read_text(cached());
  PackedWeights weights = mapped();
  damage();
  const SoundWeights sound(std::move(weights), *folder_, layout());
  std::vector<const std::byte*> seen(4);
  std::vector<std::thread> threads;
  for (const std::byte*& mine : seen) {
    threads.emplace_back([&] { mine = sound.get({}).value_or(nullptr); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::byte* bytes : seen) {
    ASSERT_NE(bytes, nullptr);
    EXPECT_EQ(std::memcmp(bytes, content.data(), layout().bytes()), 0);
  }
  EXPECT_EQ(read_text(cached()), content);
}

TEST_F(SoundWeightsTest, GiveTheErrorThatKeptThemFromBeingPackedAgain) {
  PackedWeights weights = mapped();
  damage();
  fs::remove(model_.path() / "model.safetensors");
  const SoundWeights sound(std::move(weights), *folder_, layout());
  for (int i = 0; i < 2; ++i) {
    const auto bytes = sound.get({});
    ASSERT_FALSE(bytes.has_value());
    EXPECT_EQ(bytes.error().code, ErrorCode::not_found);
  }
}

TEST_F(SoundWeightsTest, MayBeGivenUpWhileTheyAreChecked) {
  for (int i = 0; i < 20; ++i) const SoundWeights given_up(mapped(), *folder_, layout());
}

TEST_F(SoundWeightsTest, AreReadNoFurtherOnceAStopIsRequested) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(mapped().verify(stop.get_token()).error().code, ErrorCode::interrupted);
  EXPECT_TRUE(mapped().verify({}).has_value());
}

}  // namespace
}  // namespace videogen::embed
