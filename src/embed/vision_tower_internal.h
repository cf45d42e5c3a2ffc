// Pictures to CLIP embeddings (transformers' CLIPVisionTransformer and visual_projection).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>

#include "base/error.h"
#include "embed/clip_config_internal.h"
#include "embed/transformer_internal.h"
#include "embed/weight_layout_internal.h"

namespace videogen::embed {

// Immutable; weights and working memory lie outside.
class VisionTower {
 public:
  // Throws dnnl::error.
  VisionTower(const VisionConfig& config, std::int64_t projection, onednn::Type type);

  [[nodiscard]] const WeightLayout& layout() const { return layout_; }
  // Pictures that a run should hold: about 400 rows keep the products at full speed.
  [[nodiscard]] int preferred_batch() const;

  // One batch size with its working memory; for one thread at a time. The tower and the
  // weights must outlive it.
  class Run {
   public:
    // Throws dnnl::error.
    Run(const VisionTower& tower, const std::byte* weights, int batch);
    // pixels: [batch, 3, S, S]; out: [batch, projection], rows of unit L2 length.
    // Errors: interrupted.
    [[nodiscard]] Status embed(std::span<const float> pixels, std::span<float> out,
                               const std::stop_token& stop);
    [[nodiscard]] int batch() const { return batch_; }

   private:
    void cut_patches(std::span<const float> pixels);

    const VisionTower& tower_;
    int batch_;
    const float* positions_;  // [tokens, width]
    Graph graph_;
    dnnl::memory patches_;    // float32, [batch, tokens, patch_inputs]; row 0 stays zero
    dnnl::memory hidden_;     // float32, [batch, tokens, width]
    dnnl::memory embedding_;  // float32, [batch, projection]
  };

 private:
  VisionConfig config_;
  std::int64_t projection_;
  onednn::Type type_;
  std::int64_t patch_inputs_;  // 3 · patch², padded to what products like
  WeightLayout layout_;
  std::size_t patch_, positions_, pre_scale_, pre_shift_, post_scale_, post_shift_, projector_;
  Transformer transformer_;
};

// Makes every row of values[rows, width] one of unit L2 length.
void normalise_rows(std::span<float> values, std::size_t width);

}  // namespace videogen::embed
