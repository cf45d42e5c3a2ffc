// config.json of a CLIP model.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/error.h"

namespace videogen::embed {

enum class Activation {
  quick_gelu,  // x · σ(1.702 x)
  gelu,        // x · Φ(x), by the error function
};

// What both towers are made of. Defaults are transformers' CLIPVisionConfig's and
// CLIPTextConfig's, given by the members below.
struct TransformerConfig {
  std::int64_t width = 0;  // hidden_size
  std::int64_t intermediate = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0;
  Activation activation = Activation::quick_gelu;
  float layer_norm_epsilon = 1e-5F;
};

struct VisionConfig {
  TransformerConfig transformer{.width = 768, .intermediate = 3072, .layers = 12, .heads = 12};
  std::int64_t image_size = 224;
  std::int64_t patch_size = 32;

  [[nodiscard]] std::int64_t patches() const {
    return (image_size / patch_size) * (image_size / patch_size);
  }
  [[nodiscard]] std::int64_t tokens() const { return patches() + 1; }
};

struct TextConfig {
  TransformerConfig transformer{.width = 512, .intermediate = 2048, .layers = 12, .heads = 8};
  std::int64_t vocabulary = 49408;
  std::int64_t positions = 77;
  // The text's embedding is taken at the first token with this id; with the legacy value 2 at
  // the largest id, which in OpenAI's vocabulary is the end token (CLIPTextTransformer).
  std::int64_t end_token = 49407;
};

struct ClipConfig {
  VisionConfig vision;
  TextConfig text;
  std::int64_t projection = 512;

  // Understands vision_config and text_config, and, as transformers does, lets the older
  // vision_config_dict and text_config_dict win over them.
  // Errors: not_found, corrupt (not JSON, no number where one is meant, sizes outside sane
  // bounds or at odds with each other), unsupported (another model_type or hidden_act).
  static Result<ClipConfig> load(const std::filesystem::path& file);
  // The same for text that is there already; `path` is only named.
  static Result<ClipConfig> parse(std::string_view json, const std::filesystem::path& path);
};

}  // namespace videogen::embed
