// A model folder and what is cached about it.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "embed/cache_folder_internal.h"
#include "embed/clip_config_internal.h"
#include "embed/packed_weights_internal.h"
#include "embed/preprocess.h"
#include "embed/tokenizer.h"
#include "embed/weight_layout_internal.h"

namespace videogen::embed {

// "openai/clip-vit-base-patch32" for …/models--openai--clip-vit-base-patch32/snapshots/REV,
// else the folder's own name.
[[nodiscard]] std::string model_name(const std::filesystem::path& folder);

class ClipFolder {
 public:
  // Reads the configurations, and the digest of the weights: from the record of an earlier
  // run if no file has changed since, else by reading them.
  // Errors: not_found, unreachable, corrupt, unsupported; interrupted.
  static Result<ClipFolder> open(const std::filesystem::path& folder, const std::stop_token& stop);

  [[nodiscard]] const ClipConfig& config() const { return config_; }
  [[nodiscard]] const ProcessorConfig& processor() const { return processor_; }
  [[nodiscard]] std::string model_name() const { return embed::model_name(folder_); }
  // SHA-256 of the weights' file in hexadecimal; of several files, that of the lines
  // "DIGEST  NAME\n" in the order of weight_files().
  [[nodiscard]] const std::string& digest() const { return digest_; }

  // From the cache, not verified yet, else as pack_weights().
  [[nodiscard]] Result<PackedWeights> map_weights(const WeightLayout& layout,
                                                  const std::stop_token& stop) const;
  // From the checkpoint, and cached where that is possible; what the cache held is replaced.
  [[nodiscard]] Result<PackedWeights> pack_weights(const WeightLayout& layout,
                                                   const std::stop_token& stop) const;
  // From the cache if they are sound there, else as pack_weights().
  [[nodiscard]] Result<PackedWeights> load_weights(const WeightLayout& layout,
                                                   const std::stop_token& stop) const;
  // Errors: as Tokenizer::load; corrupt (an id beyond the embedding table).
  [[nodiscard]] Result<Tokenizer> load_tokenizer() const;

  // exp of the checkpoint's logit_scale; nullopt where it has none. Errors: as Checkpoint.
  [[nodiscard]] Result<std::optional<double>> logit_scale() const;

  // Whether an earlier run has checked all of these very files.
  [[nodiscard]] bool known_sound() const { return known_sound_; }
  // What only texts need, so that a bad folder fails at once and not at the first prompt.
  [[nodiscard]] Status check_text(const WeightLayout& layout, const std::stop_token& stop) const;
  void remember_sound() const;

 private:
  ClipFolder() = default;
  [[nodiscard]] std::string key(const WeightLayout& layout) const;

  std::filesystem::path folder_;
  std::filesystem::path cache_;  // empty: nothing is cached
  ClipConfig config_;
  ProcessorConfig processor_;
  Stamp stamp_;
  std::string digest_;
  bool known_sound_ = false;
};

}  // namespace videogen::embed
