#include "embed/clip.h"

#include <cmath>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "embed/clip_folder_internal.h"
#include "embed/json_file_internal.h"
#include "embed/onednn_internal.h"
#include "embed/test_folder_internal.h"
#include "media/picture.h"

namespace videogen::embed {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr double kTolerance = 1e-5;

double largest_difference(const std::vector<float>& actual, const nlohmann::json& expected) {
  EXPECT_EQ(actual.size(), expected.size());
  double largest = 0;
  for (std::size_t i = 0; i < std::min(actual.size(), expected.size()); ++i) {
    largest = std::max(largest, std::abs(actual[i] - expected[i].get<double>()));
  }
  return largest;
}

double cosine(const std::vector<float>& a, const nlohmann::json& b) {
  double dot = 0;
  for (std::size_t i = 0; i < a.size(); ++i) dot += a[i] * b[i].get<double>();
  return dot;
}

std::shared_ptr<const Clip> load(const fs::path& folder, Precision precision = Precision::f32) {
  auto clip = Clip::load(folder, precision);
  if (!clip) ADD_FAILURE() << clip.error().message;
  return clip.value_or(nullptr);
}

nlohmann::json expected(const fs::path& folder) {
  return read_json(folder / "expected.json", 1U << 24U).value();
}

// The pictures are stored as the model sees them, so that resizing plays no part here.
std::vector<float> pixels(const Clip& clip, const fs::path& images, const std::string& name) {
  const auto picture = media::read_picture(images / (name + ".224.png"));
  std::vector<float> out(clip.input_size());
  clip.prepare(picture.value(), out);
  return out;
}

class ClipParity : public testing::TestWithParam<const char*> {
 protected:
  const TemporaryCache cache_;
  const fs::path folder_ = golden_clip() / GetParam();
};

TEST_P(ClipParity, GivesTheImageEmbeddingsOfHuggingFace) {
  const auto clip = load(folder_);
  ASSERT_NE(clip, nullptr);
  const nlohmann::json reference = expected(folder_);
  ASSERT_FALSE(reference["images"].empty());
  for (const auto& [name, embedding] : reference["images"].items()) {
    const auto actual = clip->embed(pixels(*clip, golden_clip() / "images", name));
    ASSERT_TRUE(actual.has_value()) << actual.error().message;
    EXPECT_LE(largest_difference(*actual, embedding), kTolerance) << name;
  }
}

TEST_P(ClipParity, GivesTheTextEmbeddingsOfHuggingFace) {
  const auto clip = load(folder_);
  ASSERT_NE(clip, nullptr);
  const nlohmann::json reference = expected(folder_);
  ASSERT_FALSE(reference["texts"].empty());
  for (const auto& text : reference["texts"]) {
    const auto actual = clip->embed_text(text["text"].get<std::string>());
    ASSERT_TRUE(actual.has_value()) << actual.error().message;
    EXPECT_LE(largest_difference(*actual, text["embedding"]), kTolerance) << text["text"];
  }
}

TEST_P(ClipParity, KeepsWithinTheToleranceOfBfloat16) {
  if (!onednn::has_bfloat16()) GTEST_SKIP() << "this CPU has no AVX512-BF16 and no AMX";
  const auto clip = load(folder_, Precision::bf16);
  ASSERT_NE(clip, nullptr);
  EXPECT_EQ(clip->identity().precision, "bf16");
  const nlohmann::json reference = expected(folder_);
  std::vector<std::pair<std::vector<float>, nlohmann::json>> pictures;
  for (const auto& [name, embedding] : reference["images"].items()) {
    const auto actual = clip->embed(pixels(*clip, golden_clip() / "images", name));
    ASSERT_TRUE(actual.has_value());
    EXPECT_GE(cosine(*actual, embedding), 0.9995) << name;
    pictures.emplace_back(*actual, embedding);
  }
  for (const auto& [a, expected_a] : pictures) {
    for (const auto& [b, expected_b] : pictures) {
      EXPECT_NEAR(cosine(a, nlohmann::json(b)),
                  cosine(expected_a.get<std::vector<float>>(), expected_b), 2e-3);
    }
  }
  for (const auto& text : reference["texts"]) {
    const auto actual = clip->embed_text(text["text"].get<std::string>());
    ASSERT_TRUE(actual.has_value());
    EXPECT_GE(cosine(*actual, text["embedding"]), 0.9995) << text["text"];
  }
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, ClipParity,
                         testing::Values("tiny-quick-gelu", "tiny-gelu-sharded-bf16"));

class ClipTest : public testing::Test {
 protected:
  const TemporaryCache cache_;
  const fs::path folder_ = golden_clip() / "tiny-quick-gelu";
};

TEST_F(ClipTest, GivesEachPictureOfABatchWhatItGetsAlone) {
  const auto clip = load(folder_);
  ASSERT_NE(clip, nullptr);
  const std::vector<std::string> names{"nasa", "waves-848x480", "portrait-199x640"};
  std::vector<float> batch;
  std::vector<float> alone;
  // More than one full batch, and a rest.
  const int count = clip->preferred_batch() + 3;
  for (int i = 0; i < count; ++i) {
    const auto one =
        pixels(*clip, golden_clip() / "images", names[static_cast<std::size_t>(i) % 3]);
    batch.insert(batch.end(), one.begin(), one.end());
    const auto embedding = clip->embed(one);
    ASSERT_TRUE(embedding.has_value());
    alone.insert(alone.end(), embedding->begin(), embedding->end());
  }
  const auto together = clip->embed(batch);
  ASSERT_TRUE(together.has_value());
  ASSERT_EQ(together->size(), alone.size());
  for (std::size_t i = 0; i < alone.size(); ++i) ASSERT_NEAR((*together)[i], alone[i], 2e-6) << i;
}

TEST_F(ClipTest, GivesThreadsThatShareItWhatOneGets) {
  const auto clip = load(folder_);
  ASSERT_NE(clip, nullptr);
  const auto picture = pixels(*clip, golden_clip() / "images", "nasa");
  const auto image = clip->embed(picture);
  const auto text = clip->embed_text("a photo of a cat");
  ASSERT_TRUE(image && text);
  std::vector<std::thread> threads;
  std::vector<int> equal(4, 0);
  for (int& mine : equal) {
    threads.emplace_back([&] {
      for (int round = 0; round < 5; ++round) {
        const auto again = clip->embed(picture);
        const auto words = clip->embed_text("a photo of a cat");
        mine += again && *again == *image && words && *words == *text ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(equal, testing::Each(5));
}

TEST_F(ClipTest, StopsWhenAsked) {
  const auto clip = load(folder_);
  ASSERT_NE(clip, nullptr);
  std::stop_source stop;
  stop.request_stop();
  const std::vector<float> picture(clip->input_size(), 0.5F);
  const auto image = clip->embed(picture, stop.get_token());
  ASSERT_FALSE(image.has_value());
  EXPECT_EQ(image.error().code, ErrorCode::interrupted);
  const auto text = clip->embed_text("a cat", stop.get_token());
  ASSERT_FALSE(text.has_value());
  EXPECT_EQ(text.error().code, ErrorCode::interrupted);
}

TEST_F(ClipTest, SaysWhatMadeItsNumbers) {
  const auto clip = load(folder_);
  ASSERT_NE(clip, nullptr);
  const Identity& identity = clip->identity();
  EXPECT_EQ(identity.name, "clip");
  EXPECT_EQ(identity.model, "tiny-quick-gelu");
  EXPECT_EQ(identity.precision, "f32");
  EXPECT_EQ(identity.dimensions, 512);
  // sha256sum tests/golden/clip/tiny-quick-gelu/model.safetensors
  EXPECT_EQ(identity.digest,
            "sha256:c116d4d053017cfc5911d55c5c5755007b3fbb2a7d7e95150f08f16c369a2507");
}

TEST_F(ClipTest, FallsBackToFloat32AndSaysSo) {
  if (onednn::has_bfloat16()) GTEST_SKIP() << "this CPU has bfloat16: nothing to fall back from";
  const auto asked = load(folder_, Precision::bf16);
  ASSERT_NE(asked, nullptr);
  EXPECT_EQ(asked->identity().precision, "f32");
  EXPECT_THAT(asked->fallback_note(), HasSubstr("bfloat16"));
  EXPECT_EQ(load(folder_, Precision::automatic)->fallback_note(), "");
}

TEST_F(ClipTest, ReadsAPickledCheckpointAsTheSameWeights) {
  const fs::path folder = shared_clip() / "tiny-quick-gelu-bin";
  if (!fs::exists(folder)) GTEST_SKIP() << "no " << folder;
  const auto clip = load(folder);
  ASSERT_NE(clip, nullptr);
  const auto reference = expected(folder_);
  const auto actual = clip->embed(pixels(*clip, golden_clip() / "images", "nasa"));
  ASSERT_TRUE(actual.has_value());
  EXPECT_LE(largest_difference(*actual, reference["images"]["nasa"]), kTolerance);
}

TEST_F(ClipTest, MatchesEveryPictureOfTheSharedData) {
  const fs::path images = shared_clip() / "images";
  if (!fs::exists(images)) GTEST_SKIP() << "no " << images;
  for (const char* name : {"tiny-quick-gelu", "tiny-gelu-sharded-bf16"}) {
    const auto clip = load(shared_clip() / name);
    ASSERT_NE(clip, nullptr);
    const auto reference = expected(shared_clip() / name);
    for (const auto& [picture, embedding] : reference["images"].items()) {
      // From the original picture: resizing and cropping included.
      std::vector<float> input(clip->input_size());
      clip->prepare(media::read_picture(images / (picture + ".png")).value(), input);
      const auto actual = clip->embed(input);
      ASSERT_TRUE(actual.has_value());
      EXPECT_LE(largest_difference(*actual, embedding), kTolerance) << name << " " << picture;
    }
  }
}

TEST(ModelName, ComesFromTheHuggingFaceCache) {
  EXPECT_EQ(model_name("/c/hub/models--openai--clip-vit-base-patch32/snapshots/3d74acf9"),
            "openai/clip-vit-base-patch32");
  EXPECT_EQ(model_name("/c/hub/models--openai--clip-vit-base-patch32/snapshots/3d74acf9/"),
            "openai/clip-vit-base-patch32");
  EXPECT_EQ(model_name("/models/my-clip/"), "my-clip");
  EXPECT_EQ(model_name("/models/snapshots/abc"), "abc");
}

}  // namespace
}  // namespace videogen::embed
