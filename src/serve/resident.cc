#include "serve/resident.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "embed/shared_embedder.h"
#include "media/probe.h"
#include "pool/embedding_cache.h"

namespace videogen::serve {
namespace {

// As long as a job may run at most; its stop token ends the wait before.
constexpr std::chrono::hours kLongestWait{24};

// Bytes a pixel: 4:2:0 has 1.5 samples, 4:2:2 two, 4:4:4 and RGB three, alpha one more; formats
// of more than 8 bits take two bytes for each.
double bytes_of_pixel(std::string_view format) {
  const auto has = [format](std::string_view part) { return format.find(part) != format.npos; };
  const bool full = has("444") || has("rgb") || has("gbr") || has("bgr") || has("pal8");
  const double samples = (full ? 3 : has("422") ? 2 : 1.5) + (has("yuva") || has("rgba") ? 1 : 0);
  const bool deep = has("10") || has("12") || has("14") || has("16") || has("48") || has("64");
  return samples * (deep ? 2 : 1);
}

}  // namespace

std::uint64_t working_memory(int width, int height, std::string_view pixel_format) {
  // References (H.264's most), one frame a thread of the decoder, and those between the stages.
  constexpr unsigned kReferences = 16, kBetween = 4;
  constexpr double kRest = 24 << 20;  // reduced frames, maps, flow: they do not grow with the clip
  const double frames = kReferences + kBetween + std::thread::hardware_concurrency();
  const double pixels = static_cast<double>(width) * height;
  return static_cast<std::uint64_t>(kRest + frames * pixels * bytes_of_pixel(pixel_format));
}

struct Resident::State {
  std::unique_ptr<pool::CachePool> pool;
  std::shared_ptr<pool::EmbeddingCache> cache;
  std::shared_ptr<const embed::SharedEmbedder> shared;
  embed::Chosen embedder;
};

Resident::Resident(std::unique_ptr<State> state) : state_(std::move(state)) {}
Resident::Resident(Resident&&) noexcept = default;
Resident& Resident::operator=(Resident&&) noexcept = default;
Resident::~Resident() = default;

Result<Resident> Resident::open(embed::Chosen model, const ResidentOptions& options) {
  auto state = std::make_unique<State>();
  pool::PoolConfig config;
  config.capacity_per_device_gb = static_cast<double>(options.memory_bytes) / double{1 << 30};
  config.max_waiters = 4096;  // jobs: how many there are is bounded where they queue
  VIDEOGEN_TRY(pool::CachePool pool, pool::CachePool::create(config));
  state->pool = std::make_unique<pool::CachePool>(std::move(pool));
  if (options.cache_bytes > 0) {
    pool::EmbeddingCacheOptions caching;
    caching.memory_bytes = options.cache_bytes;
    if (options.cache_file_bytes > 0) {
      caching.file = options.cache_file;
      caching.file_bytes = options.cache_file_bytes;
    }
    VIDEOGEN_TRY(state->cache, pool::EmbeddingCache::open(caching));
  }
  embed::SharingOptions sharing;
  sharing.max_batch_size = options.max_batch;
  sharing.max_queue_delay_us = options.batch_delay;
  sharing.pool = state->pool.get();
  sharing.cache = state->cache;
  VIDEOGEN_TRY(state->shared, embed::SharedEmbedder::share(std::move(model.embedder), sharing));
  state->embedder = std::move(model);
  state->embedder.embedder = state->shared;
  if (state->cache)
    for (std::string& note : state->cache->notes())
      state->embedder.notes.push_back(std::move(note));
  return Resident(std::move(state));
}

const embed::Chosen& Resident::embedder() const { return state_->embedder; }

Result<pool::Lease> Resident::room_for(const std::filesystem::path& clip,
                                       const std::stop_token& stop) const {
  const auto video = media::probe(clip);
  if (!video) return pool::Lease();
  return room(working_memory(video->width, video->height, video->pixel_format), stop);
}

Result<pool::Lease> Resident::room(std::uint64_t wanted, const std::stop_token& stop) const {
  // What the model's batches hold is in use for good.
  const pool::DeviceSnapshot device = state_->pool->snapshot().devices.front();
  const std::uint64_t most = device.target - std::min(device.target, device.pinned);
  pool::CacheRequest request;
  request.model = "frames";
  request.cache_id = "clip";
  request.bytes = static_cast<std::size_t>(std::min(wanted, most));
  request.use = pool::Use::exclusive;
  request.deadline = kLongestWait;
  request.stop = stop;
  auto lease = state_->pool->request_cache(std::move(request));
  if (!lease) return tl::unexpected<Error>(std::move(lease).error());
  return *std::move(lease);
}

void Resident::show(Metrics& metrics) const {
  const auto device = [pool = state_->pool.get()](std::size_t pool::DeviceSnapshot::*field) {
    return [pool, field] {
      double sum = 0;
      for (const pool::DeviceSnapshot& each : pool->snapshot().devices)
        sum += static_cast<double>(each.*field);
      return sum;
    };
  };
  using Device = pool::DeviceSnapshot;
  metrics.gauge("videogen_pool_capacity_bytes", "Memory that clips are judged in",
                device(&Device::capacity));
  metrics.gauge("videogen_pool_leased_bytes", "Of it, leased at present", device(&Device::leased));
  metrics.gauge("videogen_pool_idle_bytes", "Of it, kept for who asks next", device(&Device::idle));
  metrics.gauge(
      "videogen_pool_utilisation", "Leased share of the capacity, averaged since the start",
      [pool = state_->pool.get()] { return pool->snapshot().devices.front().utilisation; });
  metrics.gauge("videogen_pool_waiting", "Jobs that wait for memory", [pool = state_->pool.get()] {
    return static_cast<double>(pool->snapshot().waiting);
  });
  const auto batches = [shared = state_->shared](auto read) {
    return [shared, read] { return static_cast<double>(read(shared->statistics())); };
  };
  metrics.gauge("videogen_batch_queue", "Pictures that wait for the model",
                batches([](const pool::BatcherStatistics& all) { return all.queue_depth; }));
  metrics.gauge("videogen_batched_items", "Pictures that went through the model",
                batches([](const pool::BatcherStatistics& all) { return all.items; }));
  metrics.gauge("videogen_batches", "Batches that went through the model",
                batches([](const pool::BatcherStatistics& all) {
                  std::uint64_t sum = 0;
                  for (const std::uint64_t count : all.batches_by_size) sum += count;
                  return sum;
                }));
  metrics.gauge("videogen_batch_busy_seconds", "Time that the model took",
                batches([](const pool::BatcherStatistics& all) { return all.busy_s; }));
  if (!state_->cache) return;
  const auto cache = [cache = state_->cache](auto read) {
    return [cache, read] { return static_cast<double>(read(cache->statistics())); };
  };
  metrics.gauge("videogen_embedding_cache_hits", "Embeddings found in memory or on disk",
                cache([](const pool::EmbeddingCacheStatistics& all) {
                  return all.memory_hits + all.file_hits;
                }));
  metrics.gauge("videogen_embedding_cache_misses", "Embeddings that had to be computed",
                cache([](const pool::EmbeddingCacheStatistics& all) { return all.misses; }));
  metrics.gauge("videogen_embedding_cache_bytes", "Memory of the cache",
                cache([](const pool::EmbeddingCacheStatistics& all) { return all.memory_bytes; }));
  metrics.gauge("videogen_embedding_cache_file_bytes", "The cache on disk",
                cache([](const pool::EmbeddingCacheStatistics& all) { return all.file_bytes; }));
}

}  // namespace videogen::serve
