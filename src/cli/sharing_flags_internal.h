// The flags by which jobs share one model: batches, a cache of embeddings, a pool of memory.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "embed/choose.h"
#include "embed/shared_embedder.h"
#include "pool/cache_pool.h"
#include "pool/embedding_cache.h"
#include "serve/metrics.h"

namespace videogen::cli {

// What the jobs' embedder is made of; lives as long as it is used.
struct SharedModel {
  std::unique_ptr<pool::CachePool> pool;
  std::shared_ptr<pool::EmbeddingCache> cache;  // null: none
  std::shared_ptr<const embed::SharedEmbedder> embedder;

  // What of it is counted.
  void show(serve::Metrics& metrics) const;
};

class SharingFlags {
 public:
  void declare(CLI::App& command);
  // Errors: usage.
  [[nodiscard]] Status check() const;
  // In place of the model that was chosen. `data`: where the cache's file lies. Errors: usage,
  // unwritable, unreachable.
  [[nodiscard]] Result<SharedModel> share(embed::Chosen& chosen,
                                          const std::filesystem::path& data) const;

 private:
  struct Values {
    std::size_t max_batch = 0, memory_bytes = 0, file_bytes = 0, pool_bytes = 0;
    std::chrono::microseconds delay{0};
  };
  [[nodiscard]] Result<Values> values() const;

  std::string max_batch_ = "0", batch_delay_ = "0", memory_ = "67108864", file_ = "1073741824";
  std::string pool_ = "1073741824";
};

}  // namespace videogen::cli
