#include "embed/clip_config_internal.h"

#include <cmath>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "embed/json_file_internal.h"

namespace videogen::embed {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxConfigBytes = 1U << 20U;
constexpr std::int64_t kMaxTokens = 8192;

// One object of the config; names the file and the key in every error.
class Section {
 public:
  Section(const Json& object, std::string prefix, const std::filesystem::path& path)
      : object_(object), prefix_(std::move(prefix)), path_(path) {}

  // Leaves `value` as it is where the key is absent.
  Status read(std::string_view key, std::int64_t& value, std::int64_t low,
              std::int64_t high) const {
    const auto found = object_.find(key);
    if (found == object_.end()) return {};
    if (!found->is_number_integer() || *found < low || *found > high) {
      return corrupt("{}{} is {}; expected a whole number of {} to {}", prefix_, key, shown(*found),
                     low, high);
    }
    value = found->get<std::int64_t>();
    return {};
  }

  Status read(std::string_view key, float& value) const {
    const auto found = object_.find(key);
    if (found == object_.end()) return {};
    if (!found->is_number() || !(found->get<double>() > 0) || found->get<double>() > 0.1) {
      return corrupt("{}{} is {}; expected a number above 0, up to 0.1", prefix_, key,
                     shown(*found));
    }
    value = found->get<float>();
    return {};
  }

  Status read(std::string_view key, Activation& value) const {
    const auto found = object_.find(key);
    if (found == object_.end()) return {};
    if (*found == "quick_gelu") {
      value = Activation::quick_gelu;
    } else if (*found == "gelu") {
      value = Activation::gelu;
    } else {
      return fail(ErrorCode::unsupported,
                  fmt::format("{}: {}{} is {}; quick_gelu and gelu are known",
                              printable(path_.string()), prefix_, key, shown(*found)));
    }
    return {};
  }

  Status read(TransformerConfig& config) const {
    VIDEOGEN_TRY(read("hidden_size", config.width, 1, 16384));
    VIDEOGEN_TRY(read("intermediate_size", config.intermediate, 1, 65536));
    VIDEOGEN_TRY(read("num_hidden_layers", config.layers, 1, 256));
    VIDEOGEN_TRY(read("num_attention_heads", config.heads, 1, 256));
    VIDEOGEN_TRY(read("layer_norm_eps", config.layer_norm_epsilon));
    VIDEOGEN_TRY(read("hidden_act", config.activation));
    if (config.width % config.heads != 0) {
      return corrupt("{}hidden_size {} cannot be split over {} attention heads", prefix_,
                     config.width, config.heads);
    }
    return {};
  }

  template <class... Args>
  tl::unexpected<Error> corrupt(fmt::format_string<Args...> format, Args&&... args) const {
    return fail(ErrorCode::corrupt, fmt::format("{}: {}", printable(path_.string()),
                                                fmt::format(format, std::forward<Args>(args)...)));
  }

  static std::string shown(const Json& value) {
    return printable(value.dump(-1, ' ', true, Json::error_handler_t::replace), 60);
  }

 private:
  const Json& object_;
  std::string prefix_;
  const std::filesystem::path& path_;
};

// The object that counts for "text" or "vision": NAME_config_dict replaces NAME_config
// altogether (CLIPConfig.__init__); null is absent.
Result<const Json*> sub_config(const Json& top, const std::string& name,
                               const std::filesystem::path& path) {
  static const Json empty = Json::object();
  for (const std::string& key : {name + "_config_dict", name + "_config"}) {
    const auto found = top.find(key);
    if (found == top.end() || found->is_null()) continue;
    if (!found->is_object()) {
      return fail(ErrorCode::corrupt,
                  fmt::format("{}: {} is no JSON object", printable(path.string()), key));
    }
    return &*found;
  }
  return &empty;
}

Status read_vision(const Json& json, const std::filesystem::path& path, VisionConfig& vision) {
  const Section section(json, "vision ", path);
  VIDEOGEN_TRY(section.read(vision.transformer));
  std::int64_t channels = 3;
  VIDEOGEN_TRY(section.read("num_channels", channels, 3, 3));
  VIDEOGEN_TRY(section.read("image_size", vision.image_size, 1, 4096));
  VIDEOGEN_TRY(section.read("patch_size", vision.patch_size, 1, 4096));
  if (vision.patch_size > vision.image_size) {
    return section.corrupt("vision patch_size {} is larger than image_size {}", vision.patch_size,
                           vision.image_size);
  }
  if (vision.tokens() > kMaxTokens) {
    return section.corrupt("vision image_size {} with patch_size {} makes {} tokens, at most {}",
                           vision.image_size, vision.patch_size, vision.tokens(), kMaxTokens);
  }
  return {};
}

Status read_text(const Json& json, const std::filesystem::path& path, TextConfig& text) {
  const Section section(json, "text ", path);
  VIDEOGEN_TRY(section.read(text.transformer));
  VIDEOGEN_TRY(section.read("vocab_size", text.vocabulary, 1, 10'000'000));
  VIDEOGEN_TRY(section.read("max_position_embeddings", text.positions, 2, kMaxTokens));
  VIDEOGEN_TRY(section.read("eos_token_id", text.end_token, 0, 10'000'000));
  if (text.end_token >= text.vocabulary) {
    return section.corrupt("text eos_token_id {} is outside the vocabulary of {}", text.end_token,
                           text.vocabulary);
  }
  return {};
}

}  // namespace

Result<ClipConfig> ClipConfig::parse(std::string_view text, const std::filesystem::path& path) {
  VIDEOGEN_TRY(const Json json, parse_json(text, path));
  const std::string name = printable(path.string());
  if (!json.is_object()) {
    return fail(ErrorCode::corrupt, fmt::format("{}: not a JSON object", name));
  }
  if (const auto type = json.find("model_type"); type != json.end() && *type != "clip") {
    return fail(ErrorCode::unsupported, fmt::format("{}: model_type is {}; expected \"clip\"", name,
                                                    Section::shown(*type)));
  }
  ClipConfig config;
  VIDEOGEN_TRY(Section(json, "", path).read("projection_dim", config.projection, 1, 16384));
  VIDEOGEN_TRY(const Json* vision, sub_config(json, "vision", path));
  VIDEOGEN_TRY(read_vision(*vision, path, config.vision));
  VIDEOGEN_TRY(const Json* words, sub_config(json, "text", path));
  VIDEOGEN_TRY(read_text(*words, path, config.text));
  return config;
}

Result<ClipConfig> ClipConfig::load(const std::filesystem::path& file) {
  VIDEOGEN_TRY(const std::string text, read_file(file, kMaxConfigBytes));
  return parse(text, file);
}

}  // namespace videogen::embed
