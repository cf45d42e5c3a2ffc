#include "embed/transformer_internal.h"

#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace videogen::embed {
namespace {

using dnnl::memory;
using onednn::dense;
using onednn::Desc;
using onednn::Epilogue;
using onednn::ProductShape;
using onednn::Type;

// q, k and v below each other, q scaled: [3 · width, width], or [3 · width] for biases.
WeightLayout::Load joined_qkv(std::string attention, std::string_view suffix, Shape shape,
                              float query_scale) {
  return [attention = std::move(attention), suffix = std::string(suffix), shape = std::move(shape),
          query_scale](const Checkpoint& from) -> Result<std::vector<float>> {
    std::vector<float> joined;
    for (const char* part : {"q_proj", "k_proj", "v_proj"}) {
      VIDEOGEN_TRY(std::vector<float> values,
                   from.read(fmt::format("{}.{}.{}", attention, part, suffix), shape));
      if (joined.empty()) {
        joined.reserve(3 * values.size());
        for (float& value : values) value *= query_scale;
      }
      joined.insert(joined.end(), values.begin(), values.end());
    }
    return joined;
  };
}

WeightLayout::Load as_stored(std::string name, Shape shape) {
  return [name = std::move(name), shape = std::move(shape)](const Checkpoint& from) {
    return from.read(name, shape);
  };
}

}  // namespace

std::size_t add_product_weights(WeightLayout& layout, const ProductShape& shape, std::string name,
                                WeightLayout::Load load) {
  const onednn::Product product(shape);
  return layout.add(std::move(name), onednn::Product::plain_weights(shape.outputs, shape.inputs),
                    product.weights(), std::move(load));
}

Transformer::Transformer(const TransformerConfig& config, const std::string& prefix, Type type,
                         std::int64_t rows, WeightLayout& layout)
    : config_(config), type_(type) {
  const std::int64_t w = config.width;
  const std::int64_t m = config.intermediate;
  const std::int64_t head_width = w / config.heads;
  const float query_scale = 1.0F / std::sqrt(static_cast<float>(head_width));
  const auto weights = [&](const std::string& name, std::int64_t out, std::int64_t in,
                           WeightLayout::Load load) {
    return add_product_weights(layout, {.rows = rows, .inputs = in, .outputs = out, .type = type},
                               name, std::move(load));
  };
  for (std::int64_t i = 0; i < config.layers; ++i) {
    const std::string at = fmt::format("{}encoder.layers.{}.", prefix, i);
    const std::string attention = at + "self_attn";
    const auto linear = [&](const std::string& name, std::int64_t out, std::int64_t in) {
      return weights(name, out, in, as_stored(name + ".weight", {out, in}));
    };
    Layer layer{};
    layer.norm1_scale = layout.add_plain(at + "layer_norm1.weight", {w});
    layer.norm1_shift = layout.add_plain(at + "layer_norm1.bias", {w});
    layer.qkv =
        weights(attention + ".qkv", 3 * w, w, joined_qkv(attention, "weight", {w, w}, query_scale));
    layer.qkv_bias = layout.add_plain(attention + ".qkv.bias", {3 * w},
                                      joined_qkv(attention, "bias", {w}, query_scale));
    layer.out = linear(attention + ".out_proj", w, w);
    layer.out_bias = layout.add_plain(attention + ".out_proj.bias", {w});
    layer.norm2_scale = layout.add_plain(at + "layer_norm2.weight", {w});
    layer.norm2_shift = layout.add_plain(at + "layer_norm2.bias", {w});
    layer.fc1 = linear(at + "mlp.fc1", m, w);
    layer.fc1_bias = layout.add_plain(at + "mlp.fc1.bias", {m});
    layer.fc2 = linear(at + "mlp.fc2", w, m);
    layer.fc2_bias = layout.add_plain(at + "mlp.fc2.bias", {w});
    layers_.push_back(layer);
  }
}

// What flows between the steps of a layer; every layer uses the same memory.
struct Transformer::Work {
  memory normed;   // float32, [batch · tokens, width]
  memory operand;  // the same as the products want it
  memory qkv;      // [batch · tokens, 3 · width]
  memory scores;   // float32, [batch, heads, tokens, tokens]
  memory shares;   // the same after softmax, as the products want it
  memory context;  // [batch · tokens, width]
  memory inner;    // [batch · tokens, intermediate]
  memory pooled;   // float32, [batch, width]
};

class Transformer::Builder {
 public:
  Builder(const Transformer& transformer, Graph& graph, const Run& run, const WeightLayout& layout,
          const std::byte* base)
      : config_(transformer.config_),
        type_(transformer.type_),
        graph_(graph),
        run_(run),
        layout_(layout),
        base_(base) {
    const std::int64_t rows = run.batch * run.tokens;
    const std::int64_t w = config_.width;
    const memory::dims square{run.batch, config_.heads, run.tokens, run.tokens};
    work_.normed = graph.buffer(dense({rows, w}, Type::f32));
    work_.scores = graph.buffer(dense(square, Type::f32));
    work_.operand = type_ == Type::f32 ? work_.normed : graph.buffer(dense({rows, w}, type_));
    work_.shares = type_ == Type::f32 ? work_.scores : graph.buffer(dense(square, type_));
    work_.qkv = graph.buffer(dense({rows, 3 * w}, type_));
    work_.context = graph.buffer(dense({rows, w}, type_));
    work_.inner = graph.buffer(dense({rows, config_.intermediate}, type_));
    work_.pooled = graph.buffer(dense({run.batch, w}, Type::f32));
  }

  void add_layer(const Layer& layer, bool last) {
    const std::int64_t rows = run_.batch * run_.tokens;
    norm(run_.hidden, rows, layer.norm1_scale, layer.norm1_shift);
    product({.rows = rows, .inputs = config_.width, .outputs = 3 * config_.width}, work_.operand,
            layer.qkv, layer.qkv_bias, work_.qkv);
    if (last) gather_pooled();
    attend(last);
    const memory& stream = last ? work_.pooled : run_.hidden;
    const std::int64_t kept = last ? run_.batch : rows;
    product({.rows = kept,
             .inputs = config_.width,
             .outputs = config_.width,
             .epilogue = Epilogue::add_to_result},
            work_.context, layer.out, layer.out_bias, stream);
    norm(stream, kept, layer.norm2_scale, layer.norm2_shift);
    product({.rows = kept,
             .inputs = config_.width,
             .outputs = config_.intermediate,
             .epilogue = onednn::epilogue(config_.activation)},
            work_.operand, layer.fc1, layer.fc1_bias, work_.inner);
    product({.rows = kept,
             .inputs = config_.intermediate,
             .outputs = config_.width,
             .epilogue = Epilogue::add_to_result},
            work_.inner, layer.fc2, layer.fc2_bias, stream);
  }

  [[nodiscard]] const memory& pooled() const { return work_.pooled; }

 private:
  void norm(const memory& source, std::int64_t rows, std::size_t scale, std::size_t shift) {
    const Desc desc = dense({rows, config_.width}, Type::f32);
    const memory normed = Graph::view(work_.normed, desc);
    graph_.layer_norm(Graph::view(source, desc), normed, weight(scale), weight(shift),
                      config_.layer_norm_epsilon);
    if (type_ != Type::f32) {
      graph_.copy(normed, Graph::view(work_.operand, dense({rows, config_.width}, type_)));
    }
  }

  void product(ProductShape shape, const memory& source, std::size_t weights, std::size_t bias,
               const memory& result) {
    shape.type = type_;
    shape.result = result.get_desc().data_type();
    const memory shift = weight(bias);
    graph_.product(shape, source, weight(weights), &shift, result);
  }

  void gather_pooled() {
    const std::int64_t w = config_.width;
    const Desc rows({run_.batch, w}, Type::f32, memory::dims{run_.tokens * w, 1});
    graph_.copy(Graph::view(run_.hidden, rows, run_.pooled * w), work_.pooled);
  }

  // softmax(Q Kᵀ + mask) V for every head, for all rows or for the pooled ones.
  void attend(bool pooled_only) {
    const std::int64_t b = run_.batch;
    const std::int64_t t = run_.tokens;
    const std::int64_t w = config_.width;
    const std::int64_t h = config_.heads;
    const std::int64_t d = w / h;
    const std::int64_t queries = pooled_only ? 1 : t;
    const std::int64_t first = pooled_only ? run_.pooled : 0;
    // One row of qkv holds the queries of all heads, then the keys, then the values.
    const auto part = [&](const memory::dims& dims, const memory::dims& strides,
                          std::int64_t offset) {
      return Graph::view(work_.qkv, Desc(dims, type_, strides), offset);
    };
    const memory q = part({b, h, queries, d}, {t * 3 * w, d, 3 * w, 1}, first * 3 * w);
    const memory k = part({b, h, d, t}, {t * 3 * w, d, 1, 3 * w}, w);
    const memory v = part({b, h, t, d}, {t * 3 * w, d, 3 * w, 1}, 2 * w);
    const memory::dims square{b, h, queries, t};
    const memory scores = Graph::view(work_.scores, dense(square, Type::f32));
    if (run_.mask != nullptr) {
      const Desc rows(square, Type::f32, memory::dims{h * t * t, t * t, t, 1});
      graph_.copy(Graph::view(*run_.mask, rows, first * t), scores);
      graph_.matmul(q, k, scores, Graph::Result::accumulate);
    } else {
      graph_.matmul(q, k, scores, Graph::Result::replace);
    }
    graph_.softmax(scores);
    const memory shares = Graph::view(work_.shares, dense(square, type_));
    if (type_ != Type::f32) graph_.copy(scores, shares);
    const memory context = Graph::view(
        work_.context, Desc({b, h, queries, d}, type_, memory::dims{queries * w, d, w, 1}));
    graph_.matmul(shares, v, context, Graph::Result::replace);
  }

  [[nodiscard]] memory weight(std::size_t index) const { return layout_.memory(index, base_); }

  const TransformerConfig& config_;
  const Type type_;
  Graph& graph_;
  const Run& run_;
  const WeightLayout& layout_;
  const std::byte* base_;
  Work work_;
};

memory Transformer::add_to(Graph& graph, const Run& run, const WeightLayout& layout,
                           const std::byte* base) const {
  Builder builder(*this, graph, run, layout, base);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    builder.add_layer(layers_[i], i + 1 == layers_.size());
  }
  return builder.pooled();
}

}  // namespace videogen::embed
