#include "embed/clip_config_internal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "embed/test_folder_internal.h"

namespace videogen::embed {
namespace {

using testing::HasSubstr;

ClipConfig parse(std::string_view json) {
  auto config = ClipConfig::parse(json, "config.json");
  if (!config) ADD_FAILURE() << config.error().message;
  return config.value_or(ClipConfig{});
}

TEST(ClipConfig, HasTheDefaultsOfTransformers) {
  const ClipConfig config = parse("{}");
  EXPECT_EQ(config.projection, 512);
  EXPECT_EQ(config.vision.transformer.width, 768);
  EXPECT_EQ(config.vision.transformer.intermediate, 3072);
  EXPECT_EQ(config.vision.transformer.heads, 12);
  EXPECT_EQ(config.vision.tokens(), 50);
  EXPECT_EQ(config.vision.transformer.activation, Activation::quick_gelu);
  EXPECT_EQ(config.text.transformer.width, 512);
  EXPECT_EQ(config.text.transformer.heads, 8);
  EXPECT_EQ(config.text.vocabulary, 49408);
  EXPECT_EQ(config.text.positions, 77);
  EXPECT_EQ(config.text.end_token, 49407);
}

TEST(ClipConfig, ReadsWhatTheFileStates) {
  const auto config = ClipConfig::load(golden_clip() / "tiny-gelu-sharded-bf16" / "config.json");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->projection, 40);
  EXPECT_EQ(config->vision.transformer.width, 48);
  EXPECT_EQ(config->vision.transformer.layers, 3);
  EXPECT_EQ(config->vision.transformer.activation, Activation::gelu);
  EXPECT_EQ(config->vision.tokens(), 197);
  EXPECT_EQ(config->text.end_token, 2513);
}

TEST(ClipConfig, LetsTheOlderFormWin) {
  const ClipConfig config = parse(R"({
    "vision_config": {"hidden_size": 640, "num_attention_heads": 10, "patch_size": 16},
    "vision_config_dict": {"hidden_size": 1024, "num_attention_heads": 16},
    "text_config": {"hidden_size": 768}, "text_config_dict": null})");
  EXPECT_EQ(config.vision.transformer.width, 1024);
  // Not 16: what the older form leaves out is its own default.
  EXPECT_EQ(config.vision.patch_size, 32);
  EXPECT_EQ(config.text.transformer.width, 768);
}

struct Bad {
  const char* json;
  const char* fact;
};

class BadClipConfig : public testing::TestWithParam<Bad> {};

TEST_P(BadClipConfig, IsRefusedWithFileAndFact) {
  const auto config = ClipConfig::parse(GetParam().json, "some/config.json");
  ASSERT_FALSE(config.has_value());
  EXPECT_THAT(config.error().message, HasSubstr("some/config.json"));
  EXPECT_THAT(config.error().message, HasSubstr(GetParam().fact));
}

INSTANTIATE_TEST_SUITE_P(
    Files, BadClipConfig,
    testing::Values(
        Bad{"", "empty"}, Bad{"[]", "not a JSON object"}, Bad{"{", "not JSON"},
        Bad{R"({"model_type": "bert"})", "model_type is \"bert\""},
        Bad{R"({"vision_config": 3})", "vision_config is no JSON object"},
        Bad{R"({"vision_config": {"hidden_act": "relu"}})", "hidden_act is \"relu\""},
        Bad{R"({"vision_config": {"hidden_act": null}})", "hidden_act is null"},
        Bad{R"({"vision_config": {"hidden_size": 0}})", "hidden_size is 0"},
        Bad{R"({"vision_config": {"hidden_size": -768}})", "hidden_size is -768"},
        Bad{R"({"vision_config": {"hidden_size": 1e9}})", "hidden_size is 1000000000.0"},
        Bad{R"({"vision_config": {"hidden_size": 18446744073709551615}})", "hidden_size is"},
        Bad{R"({"vision_config": {"hidden_size": "768"}})", "hidden_size is \"768\""},
        Bad{R"({"vision_config": {"num_attention_heads": 7}})", "cannot be split over 7"},
        Bad{R"({"vision_config": {"num_hidden_layers": 100000}})", "num_hidden_layers is 100000"},
        Bad{R"({"vision_config": {"patch_size": 0}})", "patch_size is 0"},
        Bad{R"({"vision_config": {"patch_size": 300}})", "patch_size 300 is larger"},
        Bad{R"({"vision_config": {"image_size": 4096, "patch_size": 1}})", "tokens, at most 8192"},
        Bad{R"({"vision_config": {"num_channels": 4}})", "num_channels is 4"},
        Bad{R"({"vision_config": {"layer_norm_eps": 0}})", "layer_norm_eps is 0"},
        Bad{R"({"text_config": {"vocab_size": 100}})", "outside the vocabulary of 100"},
        Bad{R"({"text_config": {"max_position_embeddings": 1}})", "max_position_embeddings is 1"},
        Bad{R"({"projection_dim": 0})", "projection_dim is 0"}));

TEST(ClipConfig, RefusesAbsurdNesting) {
  std::string deep(5000, '{');
  EXPECT_FALSE(ClipConfig::parse(deep, "c").has_value());
  EXPECT_FALSE(ClipConfig::parse("{\"a\":" + std::string(5000, '['), "c").has_value());
}

}  // namespace
}  // namespace videogen::embed
