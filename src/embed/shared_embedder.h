// One model for many threads: pictures of different callers go through it in common batches,
// and what has been embedded before is not embedded again.
//
// It is an Embedder like the one it shares, with the same identity, prepare() and batch length,
// so whoever takes an Embedder takes this, too. embed() gives what the model gives, up to the
// last bits that the size of a batch moves (1e-5 in a number, float32), and so the numbers of a
// clip may differ in those bits from run to run.
//
// What is cached is keyed by what prepare() gave, float by float, and by the model's recipe().
// That is all that embed() sees, so a hit cannot be wrong, whatever prepared the picture. It is
// also what is cheapest to hash: 0.34 ms for the 0.6 MB that CLIP sees at 224 pixels, where a
// frame of 1080p takes 3.6 ms (EPYC with SHA instructions; bench/pool_bench.cc). Texts are keyed
// by their token ids.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "embed/embedder.h"
#include "pool/cache_pool.h"
#include "pool/dynamic_batcher.h"
#include "pool/embedding_cache.h"

namespace videogen::embed {

struct SharingOptions {
  // Longest batch; 0: the model's preferred one.
  std::size_t max_batch_size = 0;
  std::chrono::microseconds max_queue_delay_us{0};
  // Pictures that wait; callers wait for room in it. At least one call's pictures.
  std::size_t max_queue_size = 1024;
  // For the memory of batches, and to list the model's weights in; null: neither. Must outlive
  // the embedder.
  pool::CachePool* pool = nullptr;
  std::shared_ptr<pool::EmbeddingCache> cache{};  // null: everything is computed
};

// May be shared by threads. Owns one, on which the model runs.
class SharedEmbedder final : public Embedder, public TextEmbedder {
 public:
  // Errors: usage; as CachePool::request_cache.
  static Result<std::shared_ptr<const SharedEmbedder>> share(std::shared_ptr<const Embedder> model,
                                                             const SharingOptions& options);
  ~SharedEmbedder() override;

  [[nodiscard]] const Identity& identity() const override;
  [[nodiscard]] std::string recipe() const override;
  [[nodiscard]] std::size_t input_size() const override;
  void prepare(const media::Image& picture, std::span<float> out) const override;
  [[nodiscard]] std::optional<PictureSize> area_size() const override;
  // Errors: as the model's, each for this caller's pictures alone; interrupted; limit (more
  // pictures than the queue holds).
  [[nodiscard]] Result<std::vector<float>> embed(std::span<const float> inputs,
                                                 std::stop_token stop = {}) const override;
  [[nodiscard]] int preferred_batch() const override;

  // This one where the model knows texts. One text is embedded at a time.
  [[nodiscard]] const TextEmbedder* texts() const override;
  [[nodiscard]] Result<std::vector<float>> embed_text(std::string_view text,
                                                      std::stop_token stop = {}) const override;
  [[nodiscard]] Result<TextLength> text_length(std::string_view text,
                                               std::stop_token stop = {}) const override;
  [[nodiscard]] Result<std::vector<std::int32_t>> token_ids(
      std::string_view text, std::stop_token stop = {}) const override;
  [[nodiscard]] Result<std::optional<double>> logit_scale() const override;

  [[nodiscard]] const Embedder& model() const override;
  [[nodiscard]] std::vector<HeldMemory> held() const override;

  [[nodiscard]] pool::BatcherStatistics statistics() const;
  // Ends what waits with interrupted, and takes nothing new.
  void stop() const;

 private:
  struct State;
  explicit SharedEmbedder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace videogen::embed
