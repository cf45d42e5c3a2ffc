#include "embed/text_tower_internal.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "embed/vision_tower_internal.h"

namespace videogen::embed {
namespace {

using dnnl::memory;
using onednn::dense;
using onednn::Type;

// Runs come in a few sizes, so that few of them have to be made.
constexpr std::int64_t kRoomStep = 16;
constexpr std::int64_t kTypicalTokens = 16;
// The end token of configurations written before transformers knew its real id.
constexpr std::int64_t kLegacyEndToken = 2;
// Far below any score, and far enough from the end of float32 to add one to it.
constexpr float kForbidden = std::numeric_limits<float>::lowest() / 2;

}  // namespace

TextTower::TextTower(const TextConfig& config, std::int64_t projection, Type type)
    : config_(config),
      projection_(projection),
      type_(type),
      words_(layout_.add_plain("text_model.embeddings.token_embedding.weight",
                               {config.vocabulary, config.transformer.width})),
      positions_(layout_.add_plain("text_model.embeddings.position_embedding.weight",
                                   {config.positions, config.transformer.width})),
      final_scale_(
          layout_.add_plain("text_model.final_layer_norm.weight", {config.transformer.width})),
      final_shift_(
          layout_.add_plain("text_model.final_layer_norm.bias", {config.transformer.width})),
      projector_(add_product_weights(
          layout_,
          {.rows = 1,
           .inputs = config.transformer.width,
           .outputs = projection,
           .type = type,
           .bias = false},
          "text_projection",
          [shape = Shape{projection, config.transformer.width}](const Checkpoint& from) {
            return from.read("text_projection.weight", shape);
          })),
      transformer_(config.transformer, "text_model.", type, kTypicalTokens, layout_) {}

std::span<const std::int32_t> TextTower::relevant(std::span<const std::int32_t> ids) const {
  ids = ids.first(std::min(ids.size(), static_cast<std::size_t>(config_.positions)));
  VIDEOGEN_CHECK(!ids.empty(), "a text has at least its start token");
  const auto end = config_.end_token == kLegacyEndToken ? std::ranges::max_element(ids)
                                                        : std::ranges::find(ids, config_.end_token);
  // Without an end token the first state counts, as in transformers (argmax of no match).
  const std::size_t pooled = end == ids.end() ? 0 : static_cast<std::size_t>(end - ids.begin());
  return ids.first(pooled + 1);
}

std::int64_t TextTower::Run::room_for(std::size_t tokens) {
  return (static_cast<std::int64_t>(tokens) + kRoomStep - 1) / kRoomStep * kRoomStep;
}

TextTower::Run::Run(const TextTower& tower, const std::byte* weights, std::int64_t room)
    : tower_(tower), room_(room) {
  const TextConfig& config = tower.config_;
  const WeightLayout& layout = tower.layout_;
  const std::int64_t width = config.transformer.width;
  const auto weight = [&](std::size_t index) { return layout.memory(index, weights); };
  words_ = static_cast<const float*>(weight(tower.words_).get_data_handle());
  positions_ = static_cast<const float*>(weight(tower.positions_).get_data_handle());
  hidden_ = graph_.buffer(dense({room, width}, Type::f32));
  mask_ = graph_.buffer(dense({1, config.transformer.heads, room, room}, Type::f32));
  embedding_ = graph_.buffer(dense({1, tower.projection_}, Type::f32));
  const memory pooled = tower.transformer_.add_to(
      graph_, {.batch = 1, .tokens = room, .pooled = room - 1, .hidden = hidden_, .mask = &mask_},
      layout, weights);
  graph_.layer_norm(pooled, pooled, weight(tower.final_scale_), weight(tower.final_shift_),
                    config.transformer.layer_norm_epsilon);
  graph_.product({.rows = 1,
                  .inputs = width,
                  .outputs = tower.projection_,
                  .type = tower.type_,
                  .bias = false},
                 graph_.as(tower.type_, pooled), weight(tower.projector_), nullptr, embedding_);
}

// Each token sees itself and those before it; the padding in front is seen by nobody but
// itself.
void TextTower::Run::write_mask(std::int64_t padding) {
  auto* out = static_cast<float*>(mask_.get_data_handle());
  for (std::int64_t head = 0; head < tower_.config_.transformer.heads; ++head) {
    for (std::int64_t query = 0; query < room_; ++query) {
      for (std::int64_t key = 0; key < room_; ++key) {
        const bool seen = key <= query && (key >= padding || query < padding);
        *out++ = seen ? 0.0F : kForbidden;
      }
    }
  }
}

Status TextTower::Run::embed(std::span<const std::int32_t> ids, std::span<float> out,
                             const std::stop_token& stop) {
  const TextConfig& config = tower_.config_;
  VIDEOGEN_CHECK(!ids.empty() && static_cast<std::int64_t>(ids.size()) <= room_ &&
                     static_cast<std::int64_t>(ids.size()) <= config.positions,
                 "the text fits its run");
  VIDEOGEN_CHECK(out.size() == static_cast<std::size_t>(tower_.projection_), "one row");
  const auto width = static_cast<std::size_t>(config.transformer.width);
  const auto padding = static_cast<std::size_t>(room_) - ids.size();
  auto* hidden = static_cast<float*>(hidden_.get_data_handle());
  std::fill_n(hidden, padding * width, 0.0F);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    VIDEOGEN_CHECK(ids[i] >= 0 && ids[i] < config.vocabulary, "ids were compared with the table");
    const float* word = words_ + static_cast<std::size_t>(ids[i]) * width;
    const float* position = positions_ + i * width;
    float* row = hidden + (padding + i) * width;
    for (std::size_t c = 0; c < width; ++c) row[c] = word[c] + position[c];
  }
  write_mask(static_cast<std::int64_t>(padding));
  VIDEOGEN_TRY(graph_.run(stop));
  std::memcpy(out.data(), embedding_.get_data_handle(), out.size() * sizeof(float));
  normalise_rows(out, static_cast<std::size_t>(tower_.projection_));
  return {};
}

}  // namespace videogen::embed
