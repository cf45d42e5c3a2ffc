// Which embedder judges: what --embedder, --model and --precision mean.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "embed/embedder.h"

namespace videogen::embed {

enum class Precision { automatic, f32, bf16 };
enum class Kind { automatic, gist, clip };

struct Choice {
  Kind kind = Kind::automatic;
  Precision precision = Precision::automatic;
  std::filesystem::path model{};  // --model; empty: VIDEOGEN_MODEL, then the model cache
};

struct Chosen {
  std::shared_ptr<const Embedder> embedder;
  std::string why;                 // "--model", "VIDEOGEN_MODEL", "found in the model cache",
                                   // "no CLIP model found", "--embedder gist"
  std::vector<std::string> notes;  // fallbacks: "bf16 is not supported by this CPU: float32"
};

// automatic takes CLIP where a model folder is found (choice.model, VIDEOGEN_MODEL, the
// cache of pulled models), else GIST. A model that was named but cannot be loaded is an error,
// never a silent fallback.
// Errors: not_found, corrupt, unsupported, each naming the file and the fact; interrupted.
[[nodiscard]] Result<Chosen> choose(const Choice& choice, std::stop_token stop = {});

// Folders of CLIP models that choose() would find, first one first: VIDEOGEN_MODEL, then
// snapshots below HF_HUB_CACHE, HF_HOME/hub or ~/.cache/huggingface/hub.
struct FoundModel {
  std::filesystem::path folder;
  std::string name;    // "openai/clip-vit-base-patch32", or the folder's name
  std::string origin;  // "VIDEOGEN_MODEL", "Hugging Face cache"
};
[[nodiscard]] std::vector<FoundModel> find_models();
// Where pulled models lie: HF_HUB_CACHE, HF_HOME/hub, …; empty where there is no home.
[[nodiscard]] std::filesystem::path model_cache();

}  // namespace videogen::embed
