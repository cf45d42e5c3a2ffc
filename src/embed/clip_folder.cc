#include "embed/clip_folder_internal.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "embed/checkpoint_internal.h"
#include "embed/onednn_internal.h"

namespace videogen::embed {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHashedAtOnce = 8U << 20U;
// Raised whenever packing itself changes.
constexpr int kPackingVersion = 1;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// Everything in the folder that decides an embedding.
std::vector<fs::path> files_that_matter(const fs::path& folder, std::vector<fs::path> weights) {
  std::vector<fs::path> files = std::move(weights);
  for (const char* name :
       {"config.json", "preprocessor_config.json", "tokenizer.json", "vocab.json", "merges.txt"}) {
    if (is_there(folder / name)) files.push_back(folder / name);
  }
  return files;
}

Result<std::string> sha256(const fs::path& file, const std::stop_token& stop) {
  VIDEOGEN_TRY(const MappedFile mapping, MappedFile::open(file));
  Sha256 sum;
  for (auto rest = mapping.bytes(); !rest.empty();) {
    if (stop.stop_requested()) {
      return fail(ErrorCode::interrupted, "interrupted while reading weights");
    }
    const auto part = rest.first(std::min(rest.size(), kHashedAtOnce));
    sum.update(part);
    rest = rest.subspan(part.size());
  }
  return sum.hex();
}

Result<std::string> weights_digest(const std::vector<fs::path>& files,
                                   const std::stop_token& stop) {
  if (files.size() == 1) return sha256(files.front(), stop);
  Sha256 all;
  for (const fs::path& file : files) {
    VIDEOGEN_TRY(const std::string digest, sha256(file, stop));
    all.update(fmt::format("{}  {}\n", digest, file.filename().string()));
  }
  return all.hex();
}

Status check_crop(const ProcessorConfig& processor, const ClipConfig& config,
                  const fs::path& folder) {
  if (processor.crop_width == config.vision.image_size &&
      processor.crop_height == config.vision.image_size) {
    return {};
  }
  return fail(ErrorCode::corrupt,
              fmt::format("{}: crops to {}x{}, but config.json has image_size {}",
                          printable((folder / "preprocessor_config.json").string()),
                          processor.crop_width, processor.crop_height, config.vision.image_size));
}

// A config that states fewer layers than there are weights would give wrong numbers quietly.
Status check_layers(const Checkpoint& checkpoint, const ClipConfig& config) {
  const auto check = [&](std::string_view tower, std::int64_t layers) -> Status {
    const std::string next = fmt::format("{}.encoder.layers.{}.", tower, layers);
    if (!checkpoint.contains_prefix(next)) return {};
    return fail(ErrorCode::corrupt,
                fmt::format("{}: has {}…, but config.json states {} layers",
                            printable(checkpoint.file().string()), next, layers));
  };
  VIDEOGEN_TRY(check("vision_model", config.vision.transformer.layers));
  return check("text_model", config.text.transformer.layers);
}

}  // namespace

std::string model_name(const fs::path& folder) {
  constexpr std::string_view kPrefix = "models--";
  const auto from_cache = [&](const fs::path& path) -> std::optional<std::string> {
    const fs::path snapshots = path.parent_path();
    const std::string repository = snapshots.parent_path().filename().string();
    if (snapshots.filename() != "snapshots" || !repository.starts_with(kPrefix)) return {};
    std::string name = repository.substr(kPrefix.size());
    if (const std::size_t dashes = name.find("--"); dashes != std::string::npos) {
      name[dashes] = '/';
      name.erase(dashes + 1, 1);
    }
    return name;
  };
  std::error_code ignored;
  fs::path plain = fs::absolute(folder, ignored).lexically_normal();
  if (!plain.has_filename()) plain = plain.parent_path();
  if (auto name = from_cache(plain)) return *name;
  if (auto name = from_cache(fs::canonical(plain, ignored))) return *name;
  return plain.filename().string();
}

Result<ClipFolder> ClipFolder::open(const fs::path& folder, const std::stop_token& stop) {
  std::error_code ignored;
  if (!fs::exists(folder, ignored)) {
    return fail(ErrorCode::not_found,
                fmt::format("no model folder {}", printable(folder.string())));
  }
  if (!fs::is_directory(folder, ignored)) {
    return fail(ErrorCode::corrupt,
                fmt::format("{} is no folder; a model is a folder with config.json and weights",
                            printable(folder.string())));
  }
  ClipFolder opened;
  opened.folder_ = folder;
  opened.cache_ = cache_folder();
  VIDEOGEN_TRY(opened.config_, ClipConfig::load(folder / "config.json"));
  VIDEOGEN_TRY(opened.processor_, ProcessorConfig::load(folder / "preprocessor_config.json"));
  VIDEOGEN_TRY(check_crop(opened.processor_, opened.config_, folder));
  VIDEOGEN_TRY(const std::vector<fs::path> weights, weight_files(folder));
  VIDEOGEN_TRY(opened.stamp_, take_stamp(files_that_matter(folder, weights)));
  opened.digest_ = StampRecord(opened.cache_, folder).recall(opened.stamp_);
  opened.known_sound_ = !opened.digest_.empty();
  if (!opened.known_sound_) {
    VIDEOGEN_TRY(opened.digest_, weights_digest(weights, stop));
  }
  return opened;
}

std::string ClipFolder::key(const WeightLayout& layout) const {
  // Heads decide how queries are scaled, and are seen nowhere in the shapes.
  Sha256 sum;
  sum.update(fmt::format("packing {}\n{}\n{}\n{} {}\n{}", kPackingVersion, onednn::identity(),
                         digest_, config_.vision.transformer.heads, config_.text.transformer.heads,
                         layout.description()));
  return sum.hex();
}

Result<PackedWeights> ClipFolder::map_weights(const WeightLayout& layout,
                                              const std::stop_token& stop) const {
  const std::string name = key(layout);
  if (const fs::path path = PackedWeights::path(cache_, name); !path.empty()) {
    if (auto weights = PackedWeights::open(layout, name, path)) return weights;
  }
  return pack_weights(layout, stop);
}

Result<PackedWeights> ClipFolder::pack_weights(const WeightLayout& layout,
                                               const std::stop_token& stop) const {
  const std::string name = key(layout);
  VIDEOGEN_TRY(const Checkpoint checkpoint, Checkpoint::open(folder_));
  VIDEOGEN_TRY(check_layers(checkpoint, config_));
  return PackedWeights::build(layout, name, PackedWeights::path(cache_, name), checkpoint, stop);
}

Result<PackedWeights> ClipFolder::load_weights(const WeightLayout& layout,
                                               const std::stop_token& stop) const {
  VIDEOGEN_TRY(PackedWeights weights, map_weights(layout, stop));
  const Status sound = weights.verify(stop);
  if (sound) return weights;
  if (sound.error().code == ErrorCode::interrupted) return tl::unexpected(sound.error());
  return pack_weights(layout, stop);
}

Result<Tokenizer> ClipFolder::load_tokenizer() const {
  VIDEOGEN_TRY(Tokenizer tokenizer, Tokenizer::load(folder_));
  if (tokenizer.largest_id() >= config_.text.vocabulary) {
    const char* file = is_there(folder_ / "tokenizer.json") ? "tokenizer.json" : "vocab.json";
    return fail(ErrorCode::corrupt,
                fmt::format("{}: token id {} is outside the embedding table of {} (vocab_size in "
                            "config.json)",
                            printable((folder_ / file).string()), tokenizer.largest_id(),
                            config_.text.vocabulary));
  }
  return tokenizer;
}

Result<std::optional<double>> ClipFolder::logit_scale() const {
  VIDEOGEN_TRY(const Checkpoint checkpoint, Checkpoint::open(folder_));
  if (!checkpoint.contains("logit_scale")) return std::nullopt;
  VIDEOGEN_TRY(const std::vector<float> value, checkpoint.read("logit_scale", {}));
  return std::exp(double(value.at(0)));
}

Status ClipFolder::check_text(const WeightLayout& layout, const std::stop_token& stop) const {
  VIDEOGEN_TRY(load_tokenizer());
  VIDEOGEN_TRY(load_weights(layout, stop));
  return {};
}

void ClipFolder::remember_sound() const { StampRecord(cache_, folder_).remember(stamp_, digest_); }

}  // namespace videogen::embed
