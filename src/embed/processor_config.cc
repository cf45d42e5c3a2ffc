// Reads preprocessor_config.json.
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "embed/json_file_internal.h"
#include "embed/preprocess.h"

namespace videogen::embed {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;
constexpr int kMaxSide = 4096;
constexpr int kPillowBicubic = 3;

// The members of one file; every error names the file and the member.
class Reader {
 public:
  Reader(const json& object, const std::filesystem::path& file)
      : object_(object), file_(printable(file.string())) {}

  [[nodiscard]] tl::unexpected<Error> error(ErrorCode code, std::string_view fact) const {
    return fail(code, fmt::format("{}: {}", file_, fact));
  }

  // The member, or nullptr where it is absent or null.
  [[nodiscard]] const json* find(const char* name) const {
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  [[nodiscard]] Status read(const char* name, bool& value) const {
    const json* member = find(name);
    if (member == nullptr) return {};
    if (!member->is_boolean()) {
      return error(ErrorCode::corrupt, fmt::format("{} is neither true nor false", name));
    }
    value = member->get<bool>();
    return {};
  }

  [[nodiscard]] Status side(const json& member, const std::string& name, int& value) const {
    if (!member.is_number_integer() || member < 1 || member > kMaxSide) {
      return error(ErrorCode::corrupt, fmt::format("{} is {}, expected a whole number of 1 to {}",
                                                   name, text(member), kMaxSide));
    }
    value = member.get<int>();
    return {};
  }

  [[nodiscard]] Status read(const char* name, std::array<double, 3>& values) const {
    const json* member = find(name);
    if (member == nullptr) return {};
    if (!member->is_array() || member->size() != 3) {
      return error(ErrorCode::corrupt,
                   fmt::format("{} is {}, expected three numbers", name, text(*member)));
    }
    for (std::size_t i = 0; i < 3; ++i) {
      const json& value = (*member)[i];
      if (!value.is_number() || !std::isfinite(static_cast<float>(value.get<double>()))) {
        return error(ErrorCode::corrupt, fmt::format("{}[{}] is {}, expected a number of float32",
                                                     name, i, text(value)));
      }
      values[i] = value.get<double>();
    }
    return {};
  }

  // A value as the file writes it, cut to what fits a line.
  static std::string text(const json& value) {
    return printable(value.dump(-1, ' ', false, json::error_handler_t::replace), 60);
  }

 private:
  const json& object_;
  std::string file_;
};

Status read_kind(const Reader& reader) {
  for (const char* name : {"image_processor_type", "feature_extractor_type"}) {
    const json* kind = reader.find(name);
    if (kind == nullptr) continue;
    if (*kind != "CLIPImageProcessor" && *kind != "CLIPImageProcessorFast" &&
        *kind != "CLIPFeatureExtractor") {
      return reader.error(ErrorCode::unsupported, fmt::format("{} is {}, only CLIP's is supported",
                                                              name, Reader::text(*kind)));
    }
    break;  // the newer name is the one that counts
  }
  const json* filter = reader.find("resample");
  if (filter != nullptr && *filter != kPillowBicubic) {
    return reader.error(ErrorCode::unsupported,
                        fmt::format("resample is {}, only {} (bicubic) is supported",
                                    Reader::text(*filter), kPillowBicubic));
  }
  return {};
}

Status read_size(const Reader& reader, ProcessorConfig& config) {
  const json* size = reader.find("size");
  if (size == nullptr) return {};
  if (!size->is_object()) return reader.side(*size, "size", config.shortest_edge);
  if (const auto edge = size->find("shortest_edge"); edge != size->end()) {
    return reader.side(*edge, "size.shortest_edge", config.shortest_edge);
  }
  const auto width = size->find("width");
  const auto height = size->find("height");
  if (width == size->end() || height == size->end()) {
    return reader.error(ErrorCode::unsupported,
                        "size has neither shortest_edge nor both width and height");
  }
  PictureSize exact;
  VIDEOGEN_TRY(reader.side(*width, "size.width", exact.width));
  VIDEOGEN_TRY(reader.side(*height, "size.height", exact.height));
  config.exact_size = exact;
  return {};
}

Status read_crop(const Reader& reader, ProcessorConfig& config) {
  const json* crop = reader.find("crop_size");
  if (crop != nullptr && !crop->is_object()) {
    VIDEOGEN_TRY(reader.side(*crop, "crop_size", config.crop_width));
    config.crop_height = config.crop_width;
  } else if (crop != nullptr) {
    const auto width = crop->find("width");
    const auto height = crop->find("height");
    if (width == crop->end() || height == crop->end()) {
      return reader.error(ErrorCode::corrupt, "crop_size has no width or no height");
    }
    VIDEOGEN_TRY(reader.side(*width, "crop_size.width", config.crop_width));
    VIDEOGEN_TRY(reader.side(*height, "crop_size.height", config.crop_height));
  }
  if (config.do_center_crop) return {};
  if (!config.do_resize || !config.exact_size) {
    return reader.error(ErrorCode::unsupported,
                        "pictures would keep different shapes (do_center_crop is false and size "
                        "does not give both sides)");
  }
  config.crop_width = config.exact_size->width;
  config.crop_height = config.exact_size->height;
  return {};
}

}  // namespace

Result<ProcessorConfig> ProcessorConfig::load(const std::filesystem::path& file) {
  VIDEOGEN_TRY(const json object, read_json(file, kMaxFileBytes));
  const Reader reader(object, file);
  if (!object.is_object()) return reader.error(ErrorCode::corrupt, "the JSON is not an object");

  ProcessorConfig config;
  VIDEOGEN_TRY(read_kind(reader));
  VIDEOGEN_TRY(reader.read("do_resize", config.do_resize));
  VIDEOGEN_TRY(reader.read("do_center_crop", config.do_center_crop));
  VIDEOGEN_TRY(reader.read("do_rescale", config.do_rescale));
  VIDEOGEN_TRY(reader.read("do_normalize", config.do_normalize));
  VIDEOGEN_TRY(read_size(reader, config));
  VIDEOGEN_TRY(read_crop(reader, config));
  VIDEOGEN_TRY(reader.read("image_mean", config.mean));
  VIDEOGEN_TRY(reader.read("image_std", config.std));
  for (const double deviation : config.std) {
    if (static_cast<float>(deviation) == 0.0F) {
      return reader.error(ErrorCode::corrupt, "image_std holds a zero");
    }
  }
  if (const json* factor = reader.find("rescale_factor"); factor != nullptr) {
    if (!factor->is_number() || !std::isfinite(static_cast<float>(factor->get<double>()))) {
      return reader.error(
          ErrorCode::corrupt,
          fmt::format("rescale_factor is {}, expected a number of float32", Reader::text(*factor)));
    }
    config.rescale_factor = factor->get<double>();
  }
  return config;
}

}  // namespace videogen::embed
