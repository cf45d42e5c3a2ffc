#include "emulator/tiny_clip.h"

#include <array>
#include <bit>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"

namespace videogen::emulator {
namespace {

using nlohmann::ordered_json;

constexpr int kVisionWidth = 64, kTextWidth = 32, kLayers = 2, kHeads = 4, kProjection = 512;
constexpr int kPatch = 32, kImage = 224, kTokens = 77;

std::string utf8(unsigned code) {
  if (code < 0x80) return {static_cast<char>(code)};
  return {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
}

// Byte-level BPE writes each byte as a printable character (GPT-2's bytes_to_unicode): those
// that are printable first.
std::vector<std::string> byte_symbols() {
  std::vector<std::string> symbols;
  std::array<bool, 256> printable{};
  const auto add = [&](unsigned first, unsigned last) {
    for (unsigned c = first; c <= last; ++c) {
      symbols.push_back(utf8(c));
      printable[c] = true;
    }
  };
  add('!', '~');
  add(0xA1, 0xAC);
  add(0xAE, 0xFF);
  unsigned next = 256;
  for (const bool has : printable)
    if (!has) symbols.push_back(utf8(next++));
  return symbols;
}

struct Vocabulary {
  ordered_json ids = ordered_json::object();
  std::string merges = "#version: 0.2\n";
};
Vocabulary make_vocabulary() {
  Vocabulary vocabulary;
  const auto add = [&vocabulary](const std::string& token) {
    const std::size_t id = vocabulary.ids.size();
    vocabulary.ids[token] = id;
  };
  const auto symbols = byte_symbols();
  for (const std::string& symbol : symbols) add(symbol);
  for (const std::string& symbol : symbols) add(symbol + "</w>");
  constexpr std::array<std::array<std::string_view, 2>, 8> kMerges{{{"t", "h"},
                                                                    {"i", "n"},
                                                                    {"a", "n"},
                                                                    {"th", "e</w>"},
                                                                    {"in", "g</w>"},
                                                                    {"an", "d</w>"},
                                                                    {"b", "o"},
                                                                    {"bo", "a"}}};
  for (const auto& [left, right] : kMerges) {
    vocabulary.merges += fmt::format("{} {}\n", left, right);
    add(fmt::format("{}{}", left, right));
  }
  add("<|startoftext|>");
  add("<|endoftext|>");
  return vocabulary;
}

// safetensors: the length of a header in JSON, the header, the bytes of all tensors.
class Tensors {
 public:
  void add(const std::string& name, const std::vector<int>& shape, float scale, float centre = 0) {
    std::size_t count = 1;
    for (const int side : shape) count *= std::size_t(side);
    const std::size_t begin = bytes_.size();
    for (std::size_t i = 0; i < count; ++i) {
      // The bits of the engine, not a distribution's: those differ between libraries.
      const float unit = float(random_() >> 8) / float(1 << 23) - 1;
      const auto bits = std::bit_cast<std::uint32_t>(centre + scale * unit);
      for (int shift = 0; shift < 32; shift += 8) bytes_ += static_cast<char>(bits >> shift & 255);
    }
    header_[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, bytes_.size()}}};
  }
  void add_linear(const std::string& name, int out, int in) {
    add(name + ".weight", {out, in}, 0.15F);
    add(name + ".bias", {out}, 0.02F);
  }
  void add_norm(const std::string& name, int width) {
    add(name + ".weight", {width}, 0.1F, 1);
    add(name + ".bias", {width}, 0.05F);
  }
  void add_layers(const std::string& tower, int width) {
    for (int i = 0; i < kLayers; ++i) {
      const std::string layer = fmt::format("{}.encoder.layers.{}", tower, i);
      for (const char* part : {"k_proj", "v_proj", "q_proj", "out_proj"})
        add_linear(fmt::format("{}.self_attn.{}", layer, part), width, width);
      add_norm(layer + ".layer_norm1", width);
      add_linear(layer + ".mlp.fc1", 2 * width, width);
      add_linear(layer + ".mlp.fc2", width, 2 * width);
      add_norm(layer + ".layer_norm2", width);
    }
  }
  [[nodiscard]] std::string file() const {
    ordered_json header = header_;
    header["__metadata__"] = {{"format", "pt"}};
    std::string text = header.dump();
    while (text.size() % 8 != 0) text += ' ';
    std::string length;
    for (int shift = 0; shift < 64; shift += 8)
      length += static_cast<char>(std::uint64_t{text.size()} >> shift & 255);
    return length + text + bytes_;
  }

 private:
  std::mt19937 random_{2021};
  ordered_json header_ = ordered_json::object();
  std::string bytes_;
};

std::string make_weights(int vocabulary) {
  constexpr int kPatches = (kImage / kPatch) * (kImage / kPatch);
  Tensors tensors;
  tensors.add("logit_scale", {}, 0, 2.6592F);
  tensors.add("text_model.embeddings.token_embedding.weight", {vocabulary, kTextWidth}, 0.3F);
  tensors.add("text_model.embeddings.position_embedding.weight", {kTokens, kTextWidth}, 0.1F);
  tensors.add_layers("text_model", kTextWidth);
  tensors.add_norm("text_model.final_layer_norm", kTextWidth);
  tensors.add("vision_model.embeddings.class_embedding", {kVisionWidth}, 0.3F);
  tensors.add("vision_model.embeddings.patch_embedding.weight", {kVisionWidth, 3, kPatch, kPatch},
              0.03F);
  tensors.add("vision_model.embeddings.position_embedding.weight", {kPatches + 1, kVisionWidth},
              0.1F);
  tensors.add_norm("vision_model.pre_layrnorm", kVisionWidth);  // spelt so in every checkpoint
  tensors.add_layers("vision_model", kVisionWidth);
  tensors.add_norm("vision_model.post_layernorm", kVisionWidth);
  tensors.add("visual_projection.weight", {kProjection, kVisionWidth}, 0.2F);
  tensors.add("text_projection.weight", {kProjection, kTextWidth}, 0.2F);
  return tensors.file();
}

ordered_json tower(const char* type, int width) {
  return {{"model_type", type},
          {"hidden_size", width},
          {"num_hidden_layers", kLayers},
          {"num_attention_heads", kHeads},
          {"intermediate_size", 2 * width},
          {"projection_dim", kProjection},
          {"hidden_act", "quick_gelu"},
          {"layer_norm_eps", 1e-05}};
}

ordered_json make_config(int vocabulary) {
  ordered_json vision = tower("clip_vision_model", kVisionWidth);
  vision["patch_size"] = kPatch;
  vision["image_size"] = kImage;
  vision["num_channels"] = 3;
  ordered_json text = tower("clip_text_model", kTextWidth);
  text["vocab_size"] = vocabulary;
  text["max_position_embeddings"] = kTokens;
  text["bos_token_id"] = vocabulary - 2;
  text["eos_token_id"] = vocabulary - 1;
  text["pad_token_id"] = vocabulary - 1;
  return {{"architectures", {"CLIPModel"}}, {"model_type", "clip"},
          {"projection_dim", kProjection},  {"logit_scale_init_value", 2.6592},
          {"vision_config", vision},        {"text_config", text}};
}

ordered_json make_preprocessor() {
  return {{"image_processor_type", "CLIPImageProcessor"},
          {"do_convert_rgb", true},
          {"do_resize", true},
          {"size", {{"shortest_edge", kImage}}},
          {"resample", 3},
          {"do_center_crop", true},
          {"crop_size", {{"height", kImage}, {"width", kImage}}},
          {"do_rescale", true},
          {"rescale_factor", 0.00392156862745098},
          {"do_normalize", true},
          {"image_mean", {0.48145466, 0.4578275, 0.40821073}},
          {"image_std", {0.26862954, 0.26130258, 0.27577711}}};
}

}  // namespace

Status write_tiny_clip(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return tl::unexpected(file_error("create", folder, failed.value()));
  const auto write = [&folder](const char* name, const std::string& bytes) -> Status {
    VIDEOGEN_TRY(AtomicFile file, AtomicFile::create(folder / name, AtomicFile::Existing::replace));
    VIDEOGEN_TRY(file.write(std::string_view(bytes)));
    return file.commit();
  };
  const Vocabulary vocabulary = make_vocabulary();
  const int size = int(vocabulary.ids.size());
  const ordered_json tokenizer{{"tokenizer_class", "CLIPTokenizer"},
                               {"model_max_length", kTokens},
                               {"do_lower_case", true},
                               {"bos_token", "<|startoftext|>"},
                               {"eos_token", "<|endoftext|>"},
                               {"unk_token", "<|endoftext|>"},
                               {"pad_token", "<|endoftext|>"},
                               {"errors", "replace"}};
  VIDEOGEN_TRY(write("config.json", make_config(size).dump(2) + "\n"));
  VIDEOGEN_TRY(write("preprocessor_config.json", make_preprocessor().dump(2) + "\n"));
  VIDEOGEN_TRY(write("vocab.json", vocabulary.ids.dump()));
  VIDEOGEN_TRY(write("merges.txt", vocabulary.merges));
  VIDEOGEN_TRY(write("tokenizer_config.json", tokenizer.dump(2) + "\n"));
  return write("model.safetensors", make_weights(size));
}

}  // namespace videogen::emulator
