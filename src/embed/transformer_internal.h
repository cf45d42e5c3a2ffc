// The stack of layers that both towers of CLIP consist of (transformers' CLIPEncoder).
//
//   h ← h + attention(norm1(h))
//   h ← h + fc2(activation(fc1(norm2(h))))
//
// Queries, keys and values are one product; 1/√(head width) is folded into the queries'
// weights. The stream h is float32 at either precision; at bfloat16 the operands of products
// are rounded. Of the last layer only the pooled row is computed, since nothing else is used.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "embed/clip_config_internal.h"
#include "embed/graph_internal.h"
#include "embed/weight_layout_internal.h"

namespace videogen::embed {

class Transformer {
 public:
  // Registers the layers' tensors in `layout`. `prefix` is "vision_model." or "text_model.";
  // `rows` is a typical number of rows, from which oneDNN chooses the weights' layout.
  // Throws dnnl::error.
  Transformer(const TransformerConfig& config, const std::string& prefix, onednn::Type type,
              std::int64_t rows, WeightLayout& layout);

  struct Run {
    std::int64_t batch;
    std::int64_t tokens;
    std::int64_t pooled;                 // the row of each sequence that is wanted
    dnnl::memory hidden;                 // [batch, tokens, width] float32; overwritten
    const dnnl::memory* mask = nullptr;  // [batch, heads, tokens, tokens], added to scores
  };
  // Adds all layers to the graph; returns where they leave the pooled rows, [batch, width]
  // float32. `base` is where the layout's packed weights begin.
  dnnl::memory add_to(Graph& graph, const Run& run, const WeightLayout& layout,
                      const std::byte* base) const;

 private:
  struct Layer {
    std::size_t norm1_scale, norm1_shift, qkv, qkv_bias, out, out_bias;
    std::size_t norm2_scale, norm2_shift, fc1, fc1_bias, fc2, fc2_bias;
  };
  struct Work;
  class Builder;

  TransformerConfig config_;
  onednn::Type type_;
  std::vector<Layer> layers_;
};

// Registers weights[outputs, inputs] for products like `shape`, packed as oneDNN wants them.
std::size_t add_product_weights(WeightLayout& layout, const onednn::ProductShape& shape,
                                std::string name, WeightLayout::Load load);

}  // namespace videogen::embed
