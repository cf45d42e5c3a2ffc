// CLIP (Radford et al. 2021) from a Hugging Face folder, on oneDNN.
//
// The folder holds config.json, preprocessor_config.json, model.safetensors (or shards with
// model.safetensors.index.json, or only pytorch_model.bin), and vocab.json with merges.txt or
// tokenizer.json. Nothing in it is executed, and nothing in it is trusted.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "embed/choose.h"
#include "embed/embedder.h"

namespace videogen::embed {

class Clip final : public Embedder, public TextEmbedder {
 public:
  // precision: automatic takes bf16 where the CPU has it; bf16 where it has not falls back
  // to f32, which fallback_note() says.
  // The first load of a folder reads and checks all of it, and packs the weights into a cache
  // ($XDG_CACHE_HOME/videogen or ~/.cache/videogen) that later ones map. Those check the cache
  // on a thread of their own; the first embed() waits for it.
  // Errors: not_found, corrupt, unsupported; each names the file and the fact; interrupted.
  static Result<std::shared_ptr<const Clip>> load(const std::filesystem::path& folder,
                                                  Precision precision, std::stop_token stop = {});
  ~Clip() override;

  [[nodiscard]] const Identity& identity() const override;
  // The digest is that of the weights alone; this has what config.json says as well.
  [[nodiscard]] std::string recipe() const override;
  [[nodiscard]] std::size_t input_size() const override;
  void prepare(const media::Image& picture, std::span<float> out) const override;
  // Errors: as load(), where the cache was damaged and the weights had to be packed again.
  [[nodiscard]] Result<std::vector<float>> embed(std::span<const float> inputs,
                                                 std::stop_token stop = {}) const override;
  [[nodiscard]] int preferred_batch() const override;

  // Unit text embedding in the pictures' space, [dimensions]. Text past 77 tokens is cut.
  [[nodiscard]] Result<std::vector<float>> embed_text(std::string_view text,
                                                      std::stop_token stop = {}) const override;
  [[nodiscard]] Result<TextLength> text_length(std::string_view text,
                                               std::stop_token stop = {}) const override;
  [[nodiscard]] Result<std::vector<std::int32_t>> token_ids(
      std::string_view text, std::stop_token stop = {}) const override;
  // exp(logit_scale) of the checkpoint, 100 for OpenAI's.
  [[nodiscard]] Result<std::optional<double>> logit_scale() const override;
  [[nodiscard]] const TextEmbedder* texts() const override { return this; }
  // Packed weights: of pictures, and of texts once they have been used. Working memory, some
  // megabytes for each batch that runs at once, is not among them.
  [[nodiscard]] std::vector<HeldMemory> held() const override;
  // The side of the pictures that embed() takes, pixels.
  [[nodiscard]] int picture_side() const;
  // Empty, or one line on what was fallen back to and why.
  [[nodiscard]] const std::string& fallback_note() const;

 private:
  struct State;
  explicit Clip(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace videogen::embed
