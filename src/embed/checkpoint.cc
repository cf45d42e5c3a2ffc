#include "embed/checkpoint_internal.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "embed/json_file_internal.h"
#include "embed/safetensors_internal.h"
#include "embed/torch_archive_internal.h"

namespace videogen::embed {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSingle = "model.safetensors";
constexpr std::string_view kIndex = "model.safetensors.index.json";
constexpr std::string_view kPickled = "pytorch_model.bin";
constexpr std::size_t kMaxIndexBytes = 16U << 20U;
constexpr std::size_t kMaxShards = 1000;

// A dangling link is there, too: it is opened and reported by name.
bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

using WeightMap = std::map<std::string, std::string>;  // shard by tensor

// A shard may be a link (the Hugging Face cache is made of them), but its name may not lead
// out of the folder.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
}

Result<WeightMap> read_index(const fs::path& path) {
  VIDEOGEN_TRY(const nlohmann::json index, read_json(path, kMaxIndexBytes));
  const std::string name = printable(path.string());
  const auto map = index.is_object() ? index.find("weight_map") : index.end();
  if (!index.is_object() || map == index.end() || !map->is_object() || map->empty()) {
    return fail(ErrorCode::corrupt, fmt::format("{}: no weight_map of tensors to shards", name));
  }
  WeightMap shards;
  for (const auto& [tensor, shard] : map->items()) {
    if (!shard.is_string() || !is_plain_name(shard.get_ref<const std::string&>())) {
      return fail(ErrorCode::corrupt,
                  fmt::format("{}: tensor {} is in shard {}, which is no plain file name", name,
                              printable(tensor, 200), printable(shard.dump(-1, ' ', true), 200)));
    }
    shards.emplace(tensor, shard.get<std::string>());
  }
  return shards;
}

Result<std::set<std::string>> distinct_shards(const WeightMap& map, const fs::path& index) {
  std::set<std::string> names;
  for (const auto& [tensor, shard] : map) names.insert(shard);
  if (names.size() > kMaxShards) {
    return fail(ErrorCode::limit, fmt::format("{}: {} shards, at most {} are read",
                                              printable(index.string()), names.size(), kMaxShards));
  }
  return names;
}

}  // namespace

Result<std::vector<fs::path>> weight_files(const fs::path& folder) {
  if (is_there(folder / kSingle)) return std::vector{folder / kSingle};
  if (is_there(folder / kIndex)) {
    VIDEOGEN_TRY(const WeightMap map, read_index(folder / kIndex));
    VIDEOGEN_TRY(const std::set<std::string> shards, distinct_shards(map, folder / kIndex));
    std::vector<fs::path> files{folder / kIndex};
    for (const std::string& shard : shards) files.push_back(folder / shard);
    return files;
  }
  if (is_there(folder / kPickled)) return std::vector{folder / kPickled};
  if (is_there(folder / "pytorch_model.bin.index.json")) {
    return fail(ErrorCode::unsupported,
                fmt::format("{}: pytorch_model.bin in shards is not read; give model.safetensors",
                            printable(folder.string())));
  }
  return fail(ErrorCode::not_found,
              fmt::format("{}: no weights ({}, {} or {})", printable(folder.string()), kSingle,
                          kIndex, kPickled));
}

struct Checkpoint::State {
  struct Located {
    TensorView view;
    const fs::path* file;
  };
  std::vector<fs::path> files;
  std::vector<MappedFile> mappings;
  std::map<std::string, Located> tensors;  // of safetensors
  std::optional<TorchArchive> archive;     // else of this

  Status open_safetensors(const fs::path& file, const WeightMap* map) {
    VIDEOGEN_TRY(MappedFile mapping, MappedFile::open(file));
    VIDEOGEN_TRY(auto views, parse_safetensors(mapping.bytes(), file));
    mappings.push_back(std::move(mapping));
    for (auto& [name, view] : views) {
      if (map != nullptr) {
        const auto owner = map->find(name);
        if (owner == map->end() || owner->second != file.filename().string()) continue;
      }
      tensors.insert_or_assign(name, Located{std::move(view), &file});
    }
    return {};
  }

  Status open_shards() {
    VIDEOGEN_TRY(const WeightMap map, read_index(files.front()));
    for (std::size_t i = 1; i < files.size(); ++i) {
      VIDEOGEN_TRY(open_safetensors(files[i], &map));
    }
    for (const auto& [tensor, shard] : map) {
      if (tensors.contains(tensor)) continue;
      return fail(ErrorCode::corrupt,
                  fmt::format("{}: tensor {} is said to be in {}, which has no such tensor",
                              printable(files.front().string()), printable(tensor, 200),
                              printable(shard, 200)));
    }
    return {};
  }

  Status open_archive() {
    VIDEOGEN_TRY(MappedFile mapping, MappedFile::open(files.front()));
    VIDEOGEN_TRY(archive, TorchArchive::open(mapping.bytes(), files.front()));
    mappings.push_back(std::move(mapping));
    return {};
  }
};

Checkpoint::Checkpoint(std::unique_ptr<State> state) : state_(std::move(state)) {}
Checkpoint::Checkpoint(Checkpoint&&) noexcept = default;
Checkpoint& Checkpoint::operator=(Checkpoint&&) noexcept = default;
Checkpoint::~Checkpoint() = default;

Result<Checkpoint> Checkpoint::open(const fs::path& folder) {
  auto state = std::make_unique<State>();
  VIDEOGEN_TRY(state->files, weight_files(folder));
  const std::string first = state->files.front().filename().string();
  if (first == kIndex) {
    VIDEOGEN_TRY(state->open_shards());
  } else if (first == kSingle) {
    VIDEOGEN_TRY(state->open_safetensors(state->files.front(), nullptr));
  } else {
    VIDEOGEN_TRY(state->open_archive());
  }
  return Checkpoint(std::move(state));
}

bool Checkpoint::contains(const std::string& name) const {
  return state_->archive ? state_->archive->tensors().contains(name)
                         : state_->tensors.contains(name);
}

bool Checkpoint::contains_prefix(const std::string& prefix) const {
  const auto found = [&](const auto& tensors) {
    const auto next = tensors.lower_bound(prefix);
    return next != tensors.end() && next->first.starts_with(prefix);
  };
  return state_->archive ? found(state_->archive->tensors()) : found(state_->tensors);
}

const fs::path& Checkpoint::file() const { return state_->files.front(); }

Result<std::vector<float>> Checkpoint::read(const std::string& name, const Shape& expected) const {
  const fs::path* file = &state_->files.front();
  if (!contains(name)) {
    return fail(ErrorCode::corrupt,
                fmt::format("{}: tensor {} is missing", printable(file->string()), name));
  }
  const PickledTensor* pickled = nullptr;
  const TensorView* view = nullptr;
  if (state_->archive) {
    pickled = &state_->archive->tensors().at(name);
  } else {
    const auto& located = state_->tensors.at(name);
    view = &located.view;
    file = located.file;
  }
  const Shape& shape = pickled != nullptr ? pickled->shape : view->shape;
  if (shape != expected) {
    return fail(
        ErrorCode::corrupt,
        fmt::format("{}: tensor {} has shape {}, config.json asks for {}",
                    printable(file->string()), name, to_string(shape), to_string(expected)));
  }
  if ((pickled != nullptr ? pickled->type : view->type) == ElementType::other) {
    return fail(ErrorCode::unsupported,
                fmt::format("{}: tensor {} is not of float32, float16 or bfloat16",
                            printable(file->string()), name));
  }
  std::vector<float> values;
  if (pickled != nullptr) {
    VIDEOGEN_TRY(values, state_->archive->read(*pickled));
  } else {
    values = to_floats(*view);
  }
  if (const std::size_t bad = first_non_finite(values); bad < values.size()) {
    return fail(ErrorCode::corrupt, fmt::format("{}: element {} of tensor {} is {}",
                                                printable(file->string()), bad, name, values[bad]));
  }
  return values;
}

}  // namespace videogen::embed
