// Token ids to CLIP embeddings (transformers' CLIPTextTransformer and text_projection).
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>

#include "base/error.h"
#include "embed/clip_config_internal.h"
#include "embed/transformer_internal.h"
#include "embed/weight_layout_internal.h"

namespace videogen::embed {

// Immutable; weights and working memory lie outside.
class TextTower {
 public:
  // Throws dnnl::error.
  TextTower(const TextConfig& config, std::int64_t projection, onednn::Type type);

  [[nodiscard]] const WeightLayout& layout() const { return layout_; }

  // The ids that decide the embedding: up to and including the pooled one. Attention only
  // looks back, so that the rest changes nothing.
  [[nodiscard]] std::span<const std::int32_t> relevant(std::span<const std::int32_t> ids) const;

  // Room for a number of tokens; for one thread at a time. The tower and the weights must
  // outlive it.
  class Run {
   public:
    // The size of run that `tokens` relevant ids take.
    static std::int64_t room_for(std::size_t tokens);
    // Throws dnnl::error.
    Run(const TextTower& tower, const std::byte* weights, std::int64_t room);
    // ids: relevant ones, each below the vocabulary's size, as many as there is room and
    // there are positions for; out: [projection], unit L2 length. Errors: interrupted.
    [[nodiscard]] Status embed(std::span<const std::int32_t> ids, std::span<float> out,
                               const std::stop_token& stop);
    [[nodiscard]] std::int64_t room() const { return room_; }

   private:
    void write_mask(std::int64_t padding);

    const TextTower& tower_;
    std::int64_t room_;
    const float* words_;      // [vocabulary, width]
    const float* positions_;  // [positions, width]
    Graph graph_;
    dnnl::memory hidden_;     // [room, width]
    dnnl::memory mask_;       // [1, heads, room, room]
    dnnl::memory embedding_;  // [1, projection]
  };

 private:
  TextConfig config_;
  std::int64_t projection_;
  onednn::Type type_;
  WeightLayout layout_;
  std::size_t words_, positions_, final_scale_, final_shift_, projector_;
  Transformer transformer_;
};

}  // namespace videogen::embed
