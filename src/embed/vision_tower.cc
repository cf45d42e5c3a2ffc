#include "embed/vision_tower_internal.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace videogen::embed {
namespace {

using dnnl::memory;
using onednn::dense;
using onednn::Epilogue;
using onednn::Type;

constexpr std::int64_t kRowsForSpeed = 400;
// Vectors of every instruction set divide it; 3 · 14² is not a multiple of 8.
constexpr std::int64_t kInputMultiple = 32;

std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// [width, 3, p, p] as [width, padded]: the order of cut_patches().
WeightLayout::Load patch_weights(std::int64_t width, std::int64_t patch, std::int64_t padded) {
  return [=](const Checkpoint& from) -> Result<std::vector<float>> {
    VIDEOGEN_TRY(
        const std::vector<float> plain,
        from.read("vision_model.embeddings.patch_embedding.weight", {width, 3, patch, patch}));
    const std::int64_t inputs = 3 * patch * patch;
    std::vector<float> rows(static_cast<std::size_t>(width * padded), 0.0F);
    for (std::int64_t i = 0; i < width; ++i) {
      std::copy_n(plain.begin() + i * inputs, inputs, rows.begin() + i * padded);
    }
    return rows;
  };
}

// What the hidden state is before the patches are added: each token's position, and the class
// embedding at token 0.
WeightLayout::Load positions_with_class(std::int64_t tokens, std::int64_t width) {
  return [=](const Checkpoint& from) -> Result<std::vector<float>> {
    VIDEOGEN_TRY(std::vector<float> table,
                 from.read("vision_model.embeddings.position_embedding.weight", {tokens, width}));
    VIDEOGEN_TRY(const std::vector<float> token,
                 from.read("vision_model.embeddings.class_embedding", {width}));
    for (std::size_t i = 0; i < token.size(); ++i) table[i] += token[i];
    return table;
  };
}

}  // namespace

void normalise_rows(std::span<float> values, std::size_t width) {
  for (; !values.empty(); values = values.subspan(width)) {
    double sum = 0;
    for (const float value : values.first(width)) sum += static_cast<double>(value) * value;
    const double length = std::sqrt(sum);
    if (length == 0) continue;
    for (float& value : values.first(width)) value = static_cast<float>(value / length);
  }
}

VisionTower::VisionTower(const VisionConfig& config, std::int64_t projection, Type type)
    : config_(config),
      projection_(projection),
      type_(type),
      patch_inputs_(round_up(3 * config.patch_size * config.patch_size, kInputMultiple)),
      patch_(add_product_weights(
          layout_,
          {.rows = config.tokens(),
           .inputs = patch_inputs_,
           .outputs = config.transformer.width,
           .type = type,
           .bias = false},
          "vision_model.embeddings.patch_embedding",
          patch_weights(config.transformer.width, config.patch_size, patch_inputs_))),
      positions_(layout_.add_plain(
          "vision_model.embeddings.position_embedding", {config.tokens(), config.transformer.width},
          positions_with_class(config.tokens(), config.transformer.width))),
      // The name is spelled so in every checkpoint.
      pre_scale_(layout_.add_plain("vision_model.pre_layrnorm.weight", {config.transformer.width})),
      pre_shift_(layout_.add_plain("vision_model.pre_layrnorm.bias", {config.transformer.width})),
      post_scale_(
          layout_.add_plain("vision_model.post_layernorm.weight", {config.transformer.width})),
      post_shift_(
          layout_.add_plain("vision_model.post_layernorm.bias", {config.transformer.width})),
      projector_(add_product_weights(
          layout_,
          {.rows = 1,
           .inputs = config.transformer.width,
           .outputs = projection,
           .type = type,
           .bias = false},
          "visual_projection",
          [shape = Shape{projection, config.transformer.width}](const Checkpoint& from) {
            return from.read("visual_projection.weight", shape);
          })),
      transformer_(config.transformer, "vision_model.", type, config.tokens(), layout_) {}

int VisionTower::preferred_batch() const {
  const std::int64_t tokens = config_.tokens();
  return static_cast<int>(std::clamp<std::int64_t>((kRowsForSpeed + tokens / 2) / tokens, 1, 8));
}

VisionTower::Run::Run(const VisionTower& tower, const std::byte* weights, int batch)
    : tower_(tower), batch_(batch) {
  const VisionConfig& config = tower.config_;
  const WeightLayout& layout = tower.layout_;
  const std::int64_t rows = batch * config.tokens();
  const std::int64_t width = config.transformer.width;
  const auto weight = [&](std::size_t index) { return layout.memory(index, weights); };
  positions_ = static_cast<const float*>(weight(tower.positions_).get_data_handle());
  patches_ = graph_.buffer(dense({rows, tower.patch_inputs_}, Type::f32));
  hidden_ = graph_.buffer(dense({rows, width}, Type::f32));
  embedding_ = graph_.buffer(dense({batch, tower.projection_}, Type::f32));

  graph_.product({.rows = rows,
                  .inputs = tower.patch_inputs_,
                  .outputs = width,
                  .type = tower.type_,
                  .bias = false,
                  .epilogue = Epilogue::add_to_result},
                 graph_.as(tower.type_, patches_), weight(tower.patch_), nullptr, hidden_);
  graph_.layer_norm(hidden_, hidden_, weight(tower.pre_scale_), weight(tower.pre_shift_),
                    config.transformer.layer_norm_epsilon);
  const memory pooled = tower.transformer_.add_to(
      graph_, {.batch = batch, .tokens = config.tokens(), .pooled = 0, .hidden = hidden_}, layout,
      weights);
  graph_.layer_norm(pooled, pooled, weight(tower.post_scale_), weight(tower.post_shift_),
                    config.transformer.layer_norm_epsilon);
  graph_.product({.rows = batch,
                  .inputs = width,
                  .outputs = tower.projection_,
                  .type = tower.type_,
                  .bias = false},
                 graph_.as(tower.type_, pooled), weight(tower.projector_), nullptr, embedding_);
}

void VisionTower::Run::cut_patches(std::span<const float> pixels) {
  const VisionConfig& config = tower_.config_;
  const auto size = static_cast<std::size_t>(config.image_size);
  const auto patch = static_cast<std::size_t>(config.patch_size);
  const auto across = size / patch;
  const auto inputs = static_cast<std::size_t>(tower_.patch_inputs_);
  auto* rows = static_cast<float*>(patches_.get_data_handle());
  for (std::size_t picture = 0; picture < static_cast<std::size_t>(batch_); ++picture) {
    rows += inputs;  // the class token has no pixels
    for (std::size_t place = 0; place < across * across; ++place, rows += inputs) {
      const std::size_t top = place / across * patch;
      const std::size_t left = place % across * patch;
      float* to = rows;
      for (std::size_t channel = 0; channel < 3; ++channel) {
        for (std::size_t y = 0; y < patch; ++y, to += patch) {
          const std::size_t from = ((picture * 3 + channel) * size + top + y) * size + left;
          std::memcpy(to, &pixels[from], patch * sizeof(float));
        }
      }
    }
  }
}

Status VisionTower::Run::embed(std::span<const float> pixels, std::span<float> out,
                               const std::stop_token& stop) {
  const VisionConfig& config = tower_.config_;
  const auto batch = static_cast<std::size_t>(batch_);
  VIDEOGEN_CHECK(
      pixels.size() == batch * 3 * static_cast<std::size_t>(config.image_size * config.image_size),
      "as many pictures as the run was made for");
  VIDEOGEN_CHECK(out.size() == batch * static_cast<std::size_t>(tower_.projection_),
                 "one row for each picture");
  cut_patches(pixels);
  const auto row = static_cast<std::size_t>(config.tokens() * config.transformer.width);
  auto* hidden = static_cast<float*>(hidden_.get_data_handle());
  for (std::size_t i = 0; i < batch; ++i) {
    std::memcpy(hidden + i * row, positions_, row * sizeof(float));
  }
  VIDEOGEN_TRY(graph_.run(stop));
  std::memcpy(out.data(), embedding_.get_data_handle(), out.size() * sizeof(float));
  normalise_rows(out, static_cast<std::size_t>(tower_.projection_));
  return {};
}

}  // namespace videogen::embed
