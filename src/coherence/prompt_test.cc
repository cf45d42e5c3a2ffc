#include "coherence/prompt.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "embed/clip.h"
#include "embed/gist.h"

namespace videogen::coherence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<float> at(double degrees) {
  const double radians = degrees * std::acos(-1.0) / 180;
  return {float(std::cos(radians)), float(std::sin(radians))};
}

TEST(PromptWatch, ComparesEachSampleWithTheTexts) {
  const Prompt prompt{
      .texts = {"a cat", "a dog", "a hat"}, .rows = {at(0), at(90), at(180)}, .logit_scale = 2};
  PromptWatch watch(prompt);
  watch.add(at(0));
  watch.add(at(60));
  const PromptSeries series = watch.finish();
  EXPECT_EQ(series.text, "a cat");
  ASSERT_THAT(series.cosines, SizeIs(2));
  EXPECT_NEAR(*series.cosines[0], 1, 1e-6);
  EXPECT_NEAR(*series.cosines[1], 0.5, 1e-6);
  // By hand: the first is nearest to the cat, the second (cosines 0.5, 0.866, −0.5) to the dog.
  EXPECT_DOUBLE_EQ(*series.wins, 0.5);
  ASSERT_THAT(series.alternatives, SizeIs(2));
  EXPECT_EQ(series.alternatives[0].text, "a dog");
  EXPECT_DOUBLE_EQ(series.alternatives[0].wins, 0.5);
  EXPECT_NEAR(series.alternatives[0].cosine, (0 + std::sqrt(0.75)) / 2, 1e-6);
  EXPECT_DOUBLE_EQ(series.alternatives[1].wins, 0);
  const double first = std::exp(2) / (std::exp(2) + 1 + std::exp(-2));
  const double second = std::exp(1) / (std::exp(1) + std::exp(2 * std::sqrt(0.75)) + std::exp(-1));
  EXPECT_NEAR(*series.probability, (first + second) / 2, 1e-6);
}

TEST(PromptWatch, HasNoWinsWithoutAlternativesAndNoProbabilitiesWithoutAScale) {
  const Prompt alone{.texts = {"a cat"}, .rows = {at(0)}};
  PromptWatch watch(alone);
  watch.add(at(10));
  EXPECT_FALSE(watch.finish().wins);
  EXPECT_THAT(watch.finish().cosines, IsEmpty());  // it begins anew

  const Prompt unscaled{.texts = {"a cat", "a dog"}, .rows = {at(0), at(0)}};
  PromptWatch other(unscaled);
  other.add(at(10));
  const PromptSeries series = other.finish();
  EXPECT_DOUBLE_EQ(*series.wins, 0);  // a tie is no win
  EXPECT_DOUBLE_EQ(series.alternatives[0].wins, 0);
  EXPECT_FALSE(series.probability);
}

TEST(ReadPrompt, SaysThatGistKnowsNoTexts) {
  const auto gist = embed::make_gist();
  const auto prompt = read_prompt({"a cat"}, *gist);
  ASSERT_TRUE(prompt);
  EXPECT_THAT(prompt->rows, IsEmpty());
  EXPECT_EQ(prompt->absent,
            "gist-512 knows no texts: a CLIP model does (its flag, or VIDEOGEN_MODEL)");
}

TEST(ReadPrompt, SaysWhatTheModelDoesNotRead) {
  const auto clip = embed::Clip::load(VIDEOGEN_SOURCE_DIR "/tests/golden/clip/tiny-quick-gelu",
                                      embed::Precision::f32);
  ASSERT_TRUE(clip) << clip.error().message;
  std::string long_text;
  for (int i = 0; i < 100; ++i) long_text += "cat ";
  const auto prompt = read_prompt({long_text, "a photo of a cat"}, **clip);
  ASSERT_TRUE(prompt);
  EXPECT_THAT(prompt->rows, SizeIs(2));
  EXPECT_THAT(prompt->notes, ElementsAre(HasSubstr("tokens and the model reads 77")));
  // exp of what lies in model.safetensors, 4.6052; config.json has the value before training.
  ASSERT_TRUE(prompt->logit_scale);
  EXPECT_NEAR(*prompt->logit_scale, std::exp(4.6052), 1e-3);
}

}  // namespace
}  // namespace videogen::coherence
