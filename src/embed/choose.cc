#include "embed/choose.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <utility>

#include "embed/clip.h"
#include "embed/clip_folder_internal.h"
#include "embed/gist.h"

namespace videogen::embed {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? std::string() : value;
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// Folders in a stable order; none where `path` is no folder that can be read.
std::vector<fs::path> folders_in(const fs::path& path) {
  std::vector<fs::path> folders;
  std::error_code failed;
  for (fs::directory_iterator next(path, failed), end; !failed && next != end;
       next.increment(failed)) {
    std::error_code ignored;
    if (next->is_directory(ignored)) folders.push_back(next->path());
  }
  std::ranges::sort(folders);
  return folders;
}

// Models of other kinds lie in the same cache; a CLIP folder that is damaged counts, so that
// its error is seen instead of another embedder's numbers.
bool looks_like_clip(const fs::path& folder) {
  if (!is_there(folder / "config.json") || !is_there(folder / "preprocessor_config.json") ||
      !weight_files(folder)) {
    return false;
  }
  const auto config = ClipConfig::load(folder / "config.json");
  return config || config.error().code != ErrorCode::unsupported;
}

// The revision that "main" points at, else the one that sorts first.
std::optional<fs::path> snapshot(const fs::path& repository) {
  std::ifstream main(repository / "refs" / "main");
  std::string revision;
  if (main >> revision && revision.find('/') == std::string::npos && revision != ".." &&
      looks_like_clip(repository / "snapshots" / revision)) {
    return repository / "snapshots" / revision;
  }
  for (const fs::path& folder : folders_in(repository / "snapshots")) {
    if (looks_like_clip(folder)) return folder;
  }
  return std::nullopt;
}

// The model that the defaults are made for goes first.
constexpr std::string_view kPreferred = "openai/clip-vit-base-patch32";

Result<Chosen> choose_clip(const fs::path& folder, std::string why, const Choice& choice,
                           const std::stop_token& stop) {
  VIDEOGEN_TRY(std::shared_ptr<const Clip> clip, Clip::load(folder, choice.precision, stop));
  Chosen chosen{.embedder = clip, .why = std::move(why), .notes = {}};
  if (!clip->fallback_note().empty()) chosen.notes.push_back(clip->fallback_note());
  return chosen;
}

}  // namespace

// huggingface_hub.constants: HF_HUB_CACHE, else HF_HOME/hub, else ~/.cache/huggingface/hub.
fs::path model_cache() {
  if (const std::string cache = environment("HF_HUB_CACHE"); !cache.empty()) return cache;
  if (const std::string home = environment("HF_HOME"); !home.empty()) return fs::path(home) / "hub";
  if (const std::string cache = environment("XDG_CACHE_HOME"); !cache.empty()) {
    return fs::path(cache) / "huggingface" / "hub";
  }
  if (const std::string home = environment("HOME"); !home.empty()) {
    return fs::path(home) / ".cache" / "huggingface" / "hub";
  }
  return {};
}

std::vector<FoundModel> find_models() {
  std::vector<FoundModel> models;
  if (const std::string named = environment("VIDEOGEN_MODEL"); !named.empty()) {
    models.push_back({named, model_name(named), "VIDEOGEN_MODEL"});
  }
  const auto from_environment = static_cast<std::ptrdiff_t>(models.size());
  for (const fs::path& repository : folders_in(model_cache())) {
    if (!repository.filename().string().starts_with("models--")) continue;
    if (const auto folder = snapshot(repository)) {
      models.push_back({*folder, model_name(*folder), "Hugging Face cache"});
    }
  }
  std::stable_sort(models.begin() + from_environment, models.end(),
                   [](const FoundModel& a, const FoundModel& b) {
                     return a.name == kPreferred && b.name != kPreferred;
                   });
  return models;
}

Result<Chosen> choose(const Choice& choice, std::stop_token stop) {
  if (choice.kind == Kind::gist) {
    return Chosen{.embedder = make_gist(), .why = "--embedder gist", .notes = {}};
  }
  if (!choice.model.empty()) return choose_clip(choice.model, "--model", choice, stop);
  if (const auto models = find_models(); !models.empty()) {
    const FoundModel& first = models.front();
    const bool named = first.origin == "VIDEOGEN_MODEL";
    return choose_clip(first.folder, named ? "VIDEOGEN_MODEL" : "found in the model cache", choice,
                       stop);
  }
  if (choice.kind == Kind::clip) {
    return fail(ErrorCode::not_found,
                "no CLIP model found; name a folder with --model or VIDEOGEN_MODEL");
  }
  return Chosen{.embedder = make_gist(), .why = "no CLIP model found", .notes = {}};
}

}  // namespace videogen::embed
