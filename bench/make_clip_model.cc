// Writes a CLIP model folder of full size with seeded random weights: speed does not depend
// on what the numbers are. make_clip_model vit-b-32|vit-b-16|vit-l-14|vit-l-14-336 FOLDER
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace {

namespace fs = std::filesystem;

struct Tower {
  int width, intermediate, layers, heads;
};

struct Model {
  std::string_view name;
  Tower vision, text;
  int image, patch, projection;
};

constexpr int kVocabulary = 49408;
constexpr int kPositions = 77;
constexpr Model kModels[] = {
    {"vit-b-32", {768, 3072, 12, 12}, {512, 2048, 12, 8}, 224, 32, 512},
    {"vit-b-16", {768, 3072, 12, 12}, {512, 2048, 12, 8}, 224, 16, 512},
    {"vit-l-14", {1024, 4096, 24, 16}, {768, 3072, 12, 12}, 224, 14, 768},
    {"vit-l-14-336", {1024, 4096, 24, 16}, {768, 3072, 12, 12}, 336, 14, 768},
};

constexpr std::string_view kNames = "vit-b-32|vit-b-16|vit-l-14|vit-l-14-336";

struct Tensor {
  std::string name;
  std::vector<int> shape;
  enum { weight, bias, scale } kind;

  [[nodiscard]] std::size_t elements() const {
    std::size_t count = 1;
    for (const int length : shape) count *= static_cast<std::size_t>(length);
    return count;
  }
};

void add_layers(std::vector<Tensor>& tensors, const std::string& prefix, const Tower& tower) {
  const auto linear = [&](const std::string& name, int out, int in) {
    tensors.push_back({name + ".weight", {out, in}, Tensor::weight});
    tensors.push_back({name + ".bias", {out}, Tensor::bias});
  };
  const auto norm = [&](const std::string& name) {
    tensors.push_back({name + ".weight", {tower.width}, Tensor::scale});
    tensors.push_back({name + ".bias", {tower.width}, Tensor::bias});
  };
  for (int i = 0; i < tower.layers; ++i) {
    const std::string at = fmt::format("{}.encoder.layers.{}.", prefix, i);
    norm(at + "layer_norm1");
    for (const char* part : {"q_proj", "k_proj", "v_proj", "out_proj"}) {
      linear(at + "self_attn." + part, tower.width, tower.width);
    }
    norm(at + "layer_norm2");
    linear(at + "mlp.fc1", tower.intermediate, tower.width);
    linear(at + "mlp.fc2", tower.width, tower.intermediate);
  }
}

std::vector<Tensor> tensors_of(const Model& model) {
  const int w = model.vision.width;
  const int t = model.text.width;
  const int across = model.image / model.patch;
  std::vector<Tensor> all{
      {"logit_scale", {}, Tensor::weight},
      {"text_model.embeddings.token_embedding.weight", {kVocabulary, t}, Tensor::weight},
      {"text_model.embeddings.position_embedding.weight", {kPositions, t}, Tensor::weight},
      {"text_model.final_layer_norm.weight", {t}, Tensor::scale},
      {"text_model.final_layer_norm.bias", {t}, Tensor::bias},
      {"text_projection.weight", {model.projection, t}, Tensor::weight},
      {"vision_model.embeddings.class_embedding", {w}, Tensor::weight},
      {"vision_model.embeddings.patch_embedding.weight",
       {w, 3, model.patch, model.patch},
       Tensor::weight},
      {"vision_model.embeddings.position_embedding.weight",
       {across * across + 1, w},
       Tensor::weight},
      {"vision_model.pre_layrnorm.weight", {w}, Tensor::scale},
      {"vision_model.pre_layrnorm.bias", {w}, Tensor::bias},
      {"vision_model.post_layernorm.weight", {w}, Tensor::scale},
      {"vision_model.post_layernorm.bias", {w}, Tensor::bias},
      {"visual_projection.weight", {model.projection, w}, Tensor::weight},
  };
  add_layers(all, "text_model", model.text);
  add_layers(all, "vision_model", model.vision);
  return all;
}

void write_safetensors(const fs::path& path, const std::vector<Tensor>& tensors) {
  std::string header = "{\"__metadata__\":{\"format\":\"pt\"}";
  std::size_t offset = 0;
  for (const Tensor& tensor : tensors) {
    const std::size_t end = offset + tensor.elements() * sizeof(float);
    header += fmt::format(R"(,"{}":{{"dtype":"F32","shape":[{}],"data_offsets":[{},{}]}})",
                          tensor.name, fmt::join(tensor.shape, ","), offset, end);
    offset = end;
  }
  header += '}';
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::ofstream out(path, std::ios::binary);
  const std::uint64_t length = header.size();
  out.write(reinterpret_cast<const char*>(&length), sizeof length);
  out << header;
  std::mt19937 random(20210226);
  for (const Tensor& tensor : tensors) {
    // The scale of trained weights, so that activations neither vanish nor overflow.
    const float spread = tensor.shape.size() < 2
                             ? 0.02F
                             : 1.0F / std::sqrt(static_cast<float>(tensor.elements()) /
                                                static_cast<float>(tensor.shape.front()));
    std::uniform_real_distribution<float> values(-spread, spread);
    std::vector<float> data(tensor.elements());
    for (float& value : data) {
      value = values(random) + (tensor.kind == Tensor::scale ? 1.0F : 0.0F);
    }
    out.write(reinterpret_cast<const char*>(data.data()),
              static_cast<std::streamsize>(data.size() * sizeof(float)));
  }
}

std::string utf8(int code_point) {
  if (code_point < 0x80) return {static_cast<char>(code_point)};
  return {static_cast<char>(0xc0 | (code_point >> 6)), static_cast<char>(0x80 | (code_point & 63))};
}

// GPT-2's printable stand-ins for bytes (bytes_to_unicode).
std::vector<std::string> byte_letters() {
  std::vector<std::string> letters;
  std::vector<int> others;
  for (int byte = 0; byte < 256; ++byte) {
    const bool printable =
        (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    if (printable) {
      letters.push_back(utf8(byte));
    } else {
      others.push_back(byte);
    }
  }
  for (std::size_t i = 0; i < others.size(); ++i) {
    letters.push_back(utf8(256 + static_cast<int>(i)));
  }
  return letters;
}

std::string json_string(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// A vocabulary of the real size: letters, letters that end a word, pairs of letters, and the
// two special tokens.
void write_vocabulary(const fs::path& folder) {
  const std::vector<std::string> letters = byte_letters();
  std::vector<std::string> tokens = letters;
  for (const std::string& letter : letters) tokens.push_back(letter + "</w>");
  std::string merges = "#version: 0.2\n";
  const std::size_t pairs = kVocabulary - 2 - tokens.size();
  for (std::size_t i = 0; i < pairs; ++i) {
    const std::string& first = letters[i / letters.size()];
    const std::string& second = letters[i % letters.size()];
    merges += fmt::format("{} {}\n", first, second);
    tokens.push_back(first + second);
  }
  tokens.emplace_back("<|startoftext|>");
  tokens.emplace_back("<|endoftext|>");
  std::string vocabulary = "{";
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    vocabulary += fmt::format("{}{}: {}", i == 0 ? "" : ", ", json_string(tokens[i]), i);
  }
  std::ofstream(folder / "vocab.json") << vocabulary << "}";
  std::ofstream(folder / "merges.txt") << merges;
}

std::string tower_json(const Tower& tower) {
  return fmt::format(R"("hidden_size": {}, "intermediate_size": {}, "num_hidden_layers": {},
    "num_attention_heads": {}, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-05)",
                     tower.width, tower.intermediate, tower.layers, tower.heads);
}

void write_configs(const fs::path& folder, const Model& model) {
  std::ofstream(folder / "config.json") << fmt::format(
      R"({{
  "model_type": "clip",
  "projection_dim": {},
  "vision_config": {{
    {},
    "image_size": {}, "patch_size": {}, "num_channels": 3
  }},
  "text_config": {{
    {},
    "vocab_size": {}, "max_position_embeddings": {}, "eos_token_id": {}
  }}
}}
)",
      model.projection, tower_json(model.vision), model.image, model.patch, tower_json(model.text),
      kVocabulary, kPositions, kVocabulary - 1);
  std::ofstream(folder / "preprocessor_config.json") << fmt::format(
      R"({{
  "do_resize": true, "size": {{"shortest_edge": {0}}}, "resample": 3,
  "do_center_crop": true, "crop_size": {{"height": {0}, "width": {0}}},
  "do_rescale": true, "rescale_factor": 0.00392156862745098,
  "do_normalize": true,
  "image_mean": [0.48145466, 0.4578275, 0.40821073],
  "image_std": [0.26862954, 0.26130258, 0.27577711]
}}
)",
      model.image);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view wanted = argc == 3 ? argv[1] : "";
  const auto* model = std::ranges::find(kModels, wanted, &Model::name);
  if (model == std::end(kModels)) {
    fmt::print(stderr, "usage: make_clip_model {} FOLDER\n", kNames);
    return 2;
  }
  const fs::path folder = argv[2];
  std::error_code failed;
  fs::create_directories(folder, failed);
  write_configs(folder, *model);
  write_vocabulary(folder);
  write_safetensors(folder / "model.safetensors", tensors_of(*model));
  if (!fs::exists(folder / "model.safetensors")) {
    fmt::print(stderr, "make_clip_model: cannot write to {}\n", folder.string());
    return 4;
  }
  return 0;
}
