#include "embed/shared_embedder.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "base/handle.h"

namespace videogen::embed {
namespace {

pool::TensorStage stage_of(const Embedder& model) {
  return {model.input_size(), static_cast<std::size_t>(model.identity().dimensions),
          [&model](std::span<const float> inputs, std::stop_token stop) {
            return model.embed(inputs, std::move(stop));
          }};
}

// What is prepared, and token ids, have their preprocessing behind them.
pool::EmbeddingScope scope_of(const Embedder& model, std::string kind) {
  return {.kind = std::move(kind),
          .model_digest = model.recipe(),
          .preprocessing = {},
          .precision = model.identity().precision};
}

}  // namespace

struct SharedEmbedder::State {
  State(std::shared_ptr<const Embedder> what, const SharingOptions& how)
      : model(std::move(what)),
        options(how),
        size(model->input_size()),
        dimensions(static_cast<std::size_t>(model->identity().dimensions)),
        pictures(scope_of(*model, "prepared picture")),
        words(scope_of(*model, "token ids")) {}

  // Lists what the model holds by now; its text side comes with the first text.
  void list_weights() {
    if (options.pool == nullptr) return;
    const std::lock_guard lock(listing);
    const std::vector<HeldMemory> held = model->held();
    for (std::size_t i = listed.size(); i < held.size(); ++i)
      listed.push_back(options.pool->note_external(
          {model->identity().model, held[i].what, held[i].bytes, held[i].backing}));
  }

  // A text runs on the threads of its caller; one at a time, as working memory is not small.
  Status take_turn(const std::stop_token& stop) {
    std::unique_lock lock(text_turn);
    if (!text_free.wait(lock, stop, [&] { return !text_runs; }))
      return fail(ErrorCode::interrupted, "interrupted while waiting for the text model");
    text_runs = true;
    return {};
  }
  void end_turn() {
    {
      const std::lock_guard lock(text_turn);
      text_runs = false;
    }
    text_free.notify_one();
  }

  Result<std::vector<float>> run(std::span<const float> inputs, const std::stop_token& stop) {
    return batcher->run(inputs, stop);
  }
  Result<std::vector<float>> through_cache(std::span<const float> inputs,
                                           const std::stop_token& stop);

  const std::shared_ptr<const Embedder> model;
  const SharingOptions options;
  const std::size_t size, dimensions;
  const pool::EmbeddingScope pictures, words;
  std::mutex listing;
  std::vector<pool::ExternalEntry> listed;  // guarded by listing
  std::mutex text_turn;
  std::condition_variable_any text_free;
  bool text_runs = false;                         // guarded by text_turn
  std::unique_ptr<pool::DynamicBatcher> batcher;  // last: it ends before what it uses
};

// Looks every picture up, embeds those that are not known, each once, and keeps them.
Result<std::vector<float>> SharedEmbedder::State::through_cache(std::span<const float> inputs,
                                                                const std::stop_token& stop) {
  const std::size_t count = inputs.size() / size;
  std::vector<float> rows(count * dimensions);
  const auto row = [&](std::size_t i) {
    return std::span(rows).subspan(i * dimensions, dimensions);
  };
  std::map<pool::EmbeddingKey, std::size_t> first_of;        // position among the missing
  std::vector<std::pair<std::size_t, std::size_t>> missing;  // picture, position
  std::vector<std::size_t> pictures_to_embed;
  std::vector<pool::EmbeddingKey> keys;
  const std::array<std::size_t, 2> shape{size, dimensions};
  for (std::size_t i = 0; i < count; ++i) {
    if (stop.stop_requested()) return fail(ErrorCode::interrupted, "interrupted while embedding");
    pool::EmbeddingKey key =
        pool::embedding_key(pictures, shape, std::as_bytes(inputs.subspan(i * size, size)));
    if (const auto known = first_of.find(key); known != first_of.end()) {
      missing.emplace_back(i, known->second);
      continue;
    }
    if (const auto found = options.cache->find(key, dimensions)) {
      std::ranges::copy(*found, row(i).begin());
      continue;
    }
    missing.emplace_back(i, pictures_to_embed.size());
    first_of.emplace(key, pictures_to_embed.size());
    pictures_to_embed.push_back(i);
    keys.push_back(std::move(key));
  }
  if (missing.empty()) return rows;
  std::vector<float> gathered;
  std::span<const float> wanted = inputs;
  if (pictures_to_embed.size() < count) {
    gathered.reserve(pictures_to_embed.size() * size);
    for (const std::size_t i : pictures_to_embed) {
      const auto picture = inputs.subspan(i * size, size);
      gathered.insert(gathered.end(), picture.begin(), picture.end());
    }
    wanted = gathered;
  }
  VIDEOGEN_TRY(const std::vector<float> fresh, run(wanted, stop));
  const auto fresh_row = [&](std::size_t i) {
    return std::span(fresh).subspan(i * dimensions, dimensions);
  };
  for (const auto& [picture, position] : missing)
    std::ranges::copy(fresh_row(position), row(picture).begin());
  std::vector<pool::EmbeddingCache::Row> kept;
  for (std::size_t i = 0; i < keys.size(); ++i) kept.push_back({keys[i], fresh_row(i)});
  options.cache->insert(kept);
  return rows;
}

Result<std::shared_ptr<const SharedEmbedder>> SharedEmbedder::share(
    std::shared_ptr<const Embedder> model, const SharingOptions& options) {
  auto state = std::make_unique<State>(std::move(model), options);
  pool::BatcherOptions batching;
  batching.max_batch_size = options.max_batch_size > 0
                                ? options.max_batch_size
                                : std::size_t(std::max(1, state->model->preferred_batch()));
  batching.max_queue_delay_us = options.max_queue_delay_us;
  batching.max_queue_size = options.max_queue_size;
  batching.when_full = pool::BatcherOptions::WhenFull::wait;
  batching.pool = options.pool;
  batching.model = state->model->identity().model;
  VIDEOGEN_TRY(state->batcher, pool::DynamicBatcher::create(stage_of(*state->model), batching));
  state->list_weights();
  return std::shared_ptr<const SharedEmbedder>(new SharedEmbedder(std::move(state)));
}

SharedEmbedder::SharedEmbedder(std::unique_ptr<State> state) : state_(std::move(state)) {}
SharedEmbedder::~SharedEmbedder() = default;

const Identity& SharedEmbedder::identity() const { return state_->model->identity(); }
std::string SharedEmbedder::recipe() const { return state_->model->recipe(); }
std::size_t SharedEmbedder::input_size() const { return state_->size; }
std::optional<PictureSize> SharedEmbedder::area_size() const { return state_->model->area_size(); }
int SharedEmbedder::preferred_batch() const { return state_->model->preferred_batch(); }
const Embedder& SharedEmbedder::model() const { return state_->model->model(); }
std::vector<HeldMemory> SharedEmbedder::held() const { return state_->model->held(); }
pool::BatcherStatistics SharedEmbedder::statistics() const { return state_->batcher->statistics(); }
void SharedEmbedder::stop() const { state_->batcher->stop(); }

void SharedEmbedder::prepare(const media::Image& picture, std::span<float> out) const {
  state_->model->prepare(picture, out);
}

Result<std::vector<float>> SharedEmbedder::embed(std::span<const float> inputs,
                                                 std::stop_token stop) const {
  VIDEOGEN_CHECK(inputs.size() % state_->size == 0, "inputs are whole pictures");
  return state_->options.cache == nullptr ? state_->run(inputs, stop)
                                          : state_->through_cache(inputs, stop);
}

const TextEmbedder* SharedEmbedder::texts() const {
  return state_->model->texts() == nullptr ? nullptr : this;
}

Result<std::vector<float>> SharedEmbedder::embed_text(std::string_view text,
                                                      std::stop_token stop) const {
  const TextEmbedder* const texts = state_->model->texts();
  VIDEOGEN_CHECK(texts != nullptr, "texts() is null where a model knows no texts");
  pool::EmbeddingCache* const cache = state_->options.cache.get();
  pool::EmbeddingKey key;
  if (cache != nullptr) {
    VIDEOGEN_TRY(const std::vector<std::int32_t> ids, texts->token_ids(text, stop));
    const std::array<std::size_t, 2> shape{ids.size(), state_->dimensions};
    key = pool::embedding_key(state_->words, shape, std::as_bytes(std::span(ids)));
    if (auto row = cache->find(key, state_->dimensions)) return *std::move(row);
  }
  VIDEOGEN_TRY(state_->take_turn(stop));
  const Handle<State, [](State* state) { state->end_turn(); }> turn(state_.get());
  Result<std::vector<float>> row = texts->embed_text(text, std::move(stop));
  state_->list_weights();
  if (row && cache != nullptr) {
    const pool::EmbeddingCache::Row one{key, *row};
    cache->insert({&one, 1});
  }
  return row;
}

Result<TextLength> SharedEmbedder::text_length(std::string_view text, std::stop_token stop) const {
  return state_->model->texts()->text_length(text, std::move(stop));
}

Result<std::vector<std::int32_t>> SharedEmbedder::token_ids(std::string_view text,
                                                            std::stop_token stop) const {
  return state_->model->texts()->token_ids(text, std::move(stop));
}

Result<std::optional<double>> SharedEmbedder::logit_scale() const {
  return state_->model->texts()->logit_scale();
}

}  // namespace videogen::embed
