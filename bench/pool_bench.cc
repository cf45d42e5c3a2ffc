// What sharing costs, and what it gives.
//
//   key/prepared, key/1080p   the key of a picture as CLIP sees it, and of a whole frame
//   lease/hit, lease/fresh    a lease of 5 MB that lies idle, and one that is committed and
//                             given back each time, touched
//   batcher/…                 an item through a DynamicBatcher whose model does nothing
//   cache/memory, cache/file  a row found
//   clip/direct, clip/shared  ViT-B/32 (VIDEOGEN_BENCH_MODEL, see make_clip_model): one picture
//                             a call, 1 and 16 threads; items a second
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>
#include <vector>

#include "embed/choose.h"
#include "embed/shared_embedder.h"
#include "pool/cache_pool.h"
#include "pool/dynamic_batcher.h"
#include "pool/embedding_cache.h"

namespace {

using namespace videogen;  // NOLINT(google-build-using-namespace)

constexpr std::size_t kPrepared = std::size_t{3} * 224 * 224 * sizeof(float);
constexpr std::size_t kFrame = std::size_t{1920} * 1080 * 3;

void key(benchmark::State& state, std::size_t bytes) {
  const std::vector<std::byte> content(bytes, std::byte{7});
  const std::vector<std::size_t> shape{bytes};
  for (auto _ : state)
    benchmark::DoNotOptimize(pool::embedding_key({"picture", "d", "1", "f32"}, shape, content));
  state.SetBytesProcessed(state.iterations() * std::int64_t(bytes));
}

void lease(benchmark::State& state, bool keep) {
  auto pool = pool::CachePool::create({}).value();
  for (auto _ : state) {
    pool::CacheRequest request{.model = "m", .cache_id = "arena", .bytes = 8 * kPrepared};
    request.use = pool::Use::exclusive;
    const auto got = pool.request_cache(request).value();
    for (std::size_t at = 0; at < got.bytes().size(); at += 4096) got.bytes()[at] = std::byte{1};
    if (!keep) benchmark::DoNotOptimize(pool.release_cache("arena"));
  }
}

void batcher(benchmark::State& state) {
  const auto batcher =
      pool::DynamicBatcher::create(
          {1, 1,
           [](std::span<const float> in, const auto&) -> Result<std::vector<float>> {
             return std::vector<float>(in.begin(), in.end());
           }},
          {})
          .value();
  const std::vector<float> item(1);
  for (auto _ : state) benchmark::DoNotOptimize(batcher->run(item));
}

void found(benchmark::State& state, std::size_t memory, bool file) {
  const auto path = std::filesystem::temp_directory_path() / "videogen-pool-bench.sqlite";
  std::filesystem::remove(path);
  const auto cache = pool::EmbeddingCache::open(
                         {.memory_bytes = memory, .file = file ? path : std::filesystem::path()})
                         .value();
  const std::vector<float> row(512, 0.5F);
  std::vector<pool::EmbeddingKey> keys;
  for (std::size_t i = 0; i < 1000; ++i) {
    keys.push_back(pool::embedding_key({}, {&i, 1}, {}));
    const pool::EmbeddingCache::Row one{keys.back(), row};
    cache->insert({&one, 1});
  }
  std::size_t next = 0;
  for (auto _ : state) benchmark::DoNotOptimize(cache->find(keys[++next % 1000], 512));
  std::filesystem::remove(path);
}

std::shared_ptr<const embed::Embedder> model() {
  static const std::shared_ptr<const embed::Embedder> loaded =
      []() -> std::shared_ptr<const embed::Embedder> {
    const char* folder = std::getenv("VIDEOGEN_BENCH_MODEL");
    if (folder == nullptr) return nullptr;
    return embed::choose({.kind = embed::Kind::clip, .model = folder}).value().embedder;
  }();
  return loaded;
}

void clip(benchmark::State& state, bool sharing) {
  static std::shared_ptr<const embed::Embedder> embedder;
  if (state.thread_index() == 0) {
    embedder = model();
    if (embedder != nullptr && sharing)
      embedder = embed::SharedEmbedder::share(embedder, {}).value();
  }
  if (model() == nullptr) {
    state.SkipWithError("VIDEOGEN_BENCH_MODEL names no model");
    return;
  }
  std::vector<float> input(model()->input_size());
  std::mt19937 random(static_cast<unsigned>(state.thread_index()));
  for (float& x : input) x = float(random()) / 4e9F;
  for (auto _ : state) benchmark::DoNotOptimize(embedder->embed(input));
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK_CAPTURE(key, prepared, kPrepared)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(key, 1080p, kFrame)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(lease, hit, true)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(lease, fresh, false)->Unit(benchmark::kMicrosecond);
BENCHMARK(batcher)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(batcher)->Unit(benchmark::kMicrosecond)->Threads(16)->UseRealTime();
BENCHMARK_CAPTURE(found, memory, std::size_t{1} << 26, false)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(found, file, 0, true)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(clip, direct, false)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(clip, shared, true)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(clip, direct, false)->Unit(benchmark::kMillisecond)->Threads(16)->UseRealTime();
BENCHMARK_CAPTURE(clip, shared, true)->Unit(benchmark::kMillisecond)->Threads(16)->UseRealTime();

}  // namespace
