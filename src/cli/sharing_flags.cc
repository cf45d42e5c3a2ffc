#include <utility>

#include <fmt/format.h>

#include "cli/numbers.h"
#include "cli/sharing_flags_internal.h"

namespace videogen::cli {
namespace {

Result<std::uint64_t> count_up_to(std::string_view flag, const std::string& text,
                                  std::uint64_t most) {
  VIDEOGEN_TRY(const std::uint64_t value, parse_count(flag, text));
  if (value <= most) return value;
  return fail(ErrorCode::usage, fmt::format("{} {}: must be a whole number from 0 to {}", flag,
                                            printable(text, 60), most));
}

}  // namespace

void SharingFlags::declare(CLI::App& command) {
  const auto number = [&command](const char* flag, std::string& value, const char* help,
                                 const char* unit) {
    command.add_option(flag, value, help)->type_name(unit)->capture_default_str();
  };
  number("--max-batch", max_batch_,
         "Pictures of all jobs that go through the model together; 0: as it is fastest", "N");
  number("--batch-delay", batch_delay_, "A picture may wait so long for company", "MICROSECONDS");
  number("--embedding-cache", memory_,
         "Memory for embeddings of what has been embedded before; 0: none, and no file", "BYTES");
  number("--embedding-file", file_, "The same in a file in the data folder; 0: memory only",
         "BYTES");
  number("--pool", pool_, "Memory that batches may lease", "BYTES");
}

Result<SharingFlags::Values> SharingFlags::values() const {
  constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 46, kMostBatch = 1024;
  constexpr std::uint64_t kLeastPool = std::uint64_t{1} << 20, kLongest_us = 10'000'000;
  Values values;
  VIDEOGEN_TRY(values.max_batch, count_up_to("--max-batch", max_batch_, kMostBatch));
  VIDEOGEN_TRY(const auto delay, count_up_to("--batch-delay", batch_delay_, kLongest_us));
  values.delay = std::chrono::microseconds(delay);
  VIDEOGEN_TRY(values.memory_bytes, count_up_to("--embedding-cache", memory_, kMostBytes));
  VIDEOGEN_TRY(values.file_bytes, count_up_to("--embedding-file", file_, kMostBytes));
  VIDEOGEN_TRY(values.pool_bytes, count_up_to("--pool", pool_, kMostBytes));
  if (values.pool_bytes < kLeastPool)
    return fail(ErrorCode::usage,
                fmt::format("--pool {}: must be at least {}", printable(pool_, 60), kLeastPool));
  return values;
}

Status SharingFlags::check() const {
  VIDEOGEN_TRY([[maybe_unused]] const Values valid, values());
  return {};
}

Result<SharedModel> SharingFlags::share(embed::Chosen& chosen,
                                        const std::filesystem::path& data) const {
  constexpr double kGiB = 1 << 30;
  VIDEOGEN_TRY(const Values wanted, values());
  SharedModel shared;
  pool::PoolConfig config;
  config.capacity_per_device_gb = static_cast<double>(wanted.pool_bytes) / kGiB;
  VIDEOGEN_TRY(pool::CachePool pool, pool::CachePool::create(config));
  shared.pool = std::make_unique<pool::CachePool>(std::move(pool));
  if (wanted.memory_bytes > 0) {
    pool::EmbeddingCacheOptions cache;
    cache.memory_bytes = wanted.memory_bytes;
    if (wanted.file_bytes > 0) {
      cache.file = data / "embeddings.sqlite";
      cache.file_bytes = wanted.file_bytes;
    }
    VIDEOGEN_TRY(shared.cache, pool::EmbeddingCache::open(cache));
    for (const std::string& note : shared.cache->notes()) chosen.notes.push_back(note);
  }
  embed::SharingOptions sharing;
  sharing.max_batch_size = wanted.max_batch;
  sharing.max_queue_delay_us = wanted.delay;
  sharing.pool = shared.pool.get();
  sharing.cache = shared.cache;
  VIDEOGEN_TRY(shared.embedder, embed::SharedEmbedder::share(chosen.embedder, sharing));
  chosen.embedder = shared.embedder;
  return shared;
}

void SharedModel::show(serve::Metrics& metrics) const {
  const pool::CachePool* memory = pool.get();
  const auto of_pool = [memory](auto value) {
    return [memory, value] { return static_cast<double>(value(memory->snapshot())); };
  };
  metrics.gauge("videogen_pool_capacity_bytes", "Memory that batches may lease",
                of_pool([](const pool::Snapshot& s) { return s.devices.front().capacity; }));
  metrics.gauge("videogen_pool_leased_bytes", "Memory that batches have leased",
                of_pool([](const pool::Snapshot& s) { return s.devices.front().leased; }));
  metrics.gauge("videogen_pool_idle_bytes", "Memory that waits for the next batch",
                of_pool([](const pool::Snapshot& s) { return s.devices.front().idle; }));
  metrics.gauge("videogen_pool_waiting", "Requests for memory that wait",
                of_pool([](const pool::Snapshot& s) { return s.waiting; }));
  const auto of_batches = [model = embedder](auto value) {
    return [model, value] { return static_cast<double>(value(model->statistics())); };
  };
  metrics.gauge("videogen_batches", "Batches that the model has run",
                of_batches([](const pool::BatcherStatistics& s) {
                  std::uint64_t sum = 0;
                  for (const std::uint64_t count : s.batches_by_size) sum += count;
                  return sum;
                }));
  metrics.gauge("videogen_batched_items", "Pictures in them",
                of_batches([](const pool::BatcherStatistics& s) { return s.items; }));
  metrics.gauge("videogen_batch_queue", "Pictures that wait for the model",
                of_batches([](const pool::BatcherStatistics& s) { return s.queue_depth; }));
  metrics.gauge("videogen_batch_busy_seconds", "Time that the model has worked",
                of_batches([](const pool::BatcherStatistics& s) { return s.busy_s; }));
  if (cache == nullptr) return;
  const auto of_cache = [found = cache](auto value) {
    return [found, value] { return static_cast<double>(value(found->statistics())); };
  };
  using Statistics = pool::EmbeddingCacheStatistics;
  metrics.gauge("videogen_embedding_cache_hits", "Embeddings that were there already",
                of_cache([](const Statistics& s) { return s.memory_hits + s.file_hits; }));
  metrics.gauge("videogen_embedding_cache_misses", "Embeddings that had to be computed",
                of_cache([](const Statistics& s) { return s.misses; }));
  metrics.gauge("videogen_embedding_cache_bytes", "Memory of the embeddings that are kept",
                of_cache([](const Statistics& s) { return s.memory_bytes; }));
}

}  // namespace videogen::cli
