// The vision tower of ViT-B/32 against its matrix products alone, in the same oneDNN, in the
// same run: the ratio is what the rest of the tower costs.
//
//   vision/f32/8     whole tower, batch 8: pixels in, unit embeddings out
//   products/f32/8   every product of that tower as it is run (the last layer for the pooled
//                    rows only), without bias and epilogue
//   full/f32/8       every product of the tower as published (the last layer for all rows)
//
// Weights are random; speed does not depend on them.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "embed/graph_internal.h"
#include "embed/onednn_internal.h"
#include "embed/vision_tower_internal.h"

namespace {

using namespace videogen::embed;  // NOLINT(google-build-using-namespace)
using onednn::ProductShape;
using onednn::Type;

struct FreeAligned {
  void operator()(std::byte* bytes) const { std::free(bytes); }
};

// Values of about 0.02 in whatever type the bytes are read as.
std::unique_ptr<std::byte, FreeAligned> random_weights(const WeightLayout& layout) {
  std::unique_ptr<std::byte, FreeAligned> bytes(
      static_cast<std::byte*>(std::aligned_alloc(kWeightAlignment, layout.bytes())));
  std::mt19937 random(1);
  std::uniform_real_distribution<float> values(-0.02F, 0.02F);
  for (std::size_t i = 0; i < layout.tensors().size(); ++i) {
    auto plain = layout.tensors()[i].plain;
    std::vector<float> data(plain.get_size() / sizeof(float));
    for (float& value : data) value = values(random);
    dnnl::memory from(plain, onednn::cpu(), data.data());
    dnnl::memory to = layout.memory(i, bytes.get());
    dnnl::stream stream(onednn::cpu());
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
  }
  return bytes;
}

void vision(benchmark::State& state, Type type, int batch) {
  const VisionConfig config;
  const VisionTower tower(config, 512, type);
  const auto weights = random_weights(tower.layout());
  VisionTower::Run run(tower, weights.get(), batch);
  std::vector<float> pixels(static_cast<std::size_t>(batch) * 3 * 224 * 224);
  std::mt19937 random(2);
  std::normal_distribution<float> values;
  for (float& value : pixels) value = values(random);
  std::vector<float> out(static_cast<std::size_t>(batch) * 512);
  for (auto _ : state) {
    if (!run.embed(pixels, out, {})) state.SkipWithError("interrupted");
    benchmark::DoNotOptimize(out.data());
  }
}

// The products, one after another; each has weights of its own, as in the tower.
void products(benchmark::State& state, Type type, int batch, bool pooled_only) {
  const VisionConfig config;
  const TransformerConfig& t = config.transformer;
  const std::int64_t rows = batch * config.tokens();
  Graph graph;
  const auto add = [&](std::int64_t m, std::int64_t inputs, std::int64_t outputs, Type result) {
    const ProductShape shape{.rows = m,
                             .inputs = inputs,
                             .outputs = outputs,
                             .type = type,
                             .result = result,
                             .bias = false};
    const onednn::Product product(shape);
    graph.product(shape, graph.buffer(product.source()), graph.buffer(product.weights()), nullptr,
                  graph.buffer(product.result()));
  };
  add(rows, 3 * config.patch_size * config.patch_size, t.width, Type::f32);
  for (std::int64_t layer = 0; layer < t.layers; ++layer) {
    const std::int64_t kept = pooled_only && layer + 1 == t.layers ? batch : rows;
    add(rows, t.width, 3 * t.width, type);
    add(kept, t.width, t.width, Type::f32);
    add(kept, t.width, t.intermediate, type);
    add(kept, t.intermediate, t.width, Type::f32);
  }
  add(batch, t.width, 512, Type::f32);
  for (auto _ : state) {
    if (!graph.run({})) state.SkipWithError("interrupted");
  }
}

const bool registered = [] {
  std::vector<std::pair<std::string, Type>> types{{"f32", Type::f32}};
  if (onednn::has_bfloat16()) types.emplace_back("bf16", Type::bf16);
  for (const auto& [name, type] : types) {
    for (const int batch : {1, 8}) {
      const std::string end = "/" + name + "/" + std::to_string(batch);
      const auto add = [&](const std::string& title, auto function) {
        benchmark::RegisterBenchmark((title + end).c_str(), function)
            ->Unit(benchmark::kMillisecond)
            ->UseRealTime();
      };
      add("vision", [=, kind = type](benchmark::State& s) { vision(s, kind, batch); });
      add("products", [=, kind = type](benchmark::State& s) { products(s, kind, batch, true); });
      add("full", [=, kind = type](benchmark::State& s) { products(s, kind, batch, false); });
    }
  }
  return true;
}();

}  // namespace
