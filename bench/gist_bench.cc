// GIST-512 of one frame, on one core.
//
//   gist/1080p, gist/480p   a whole frame: shrunk by area, then described
//   gist/shrunk             the same of a frame that FFmpeg has shrunk to 256×256
//   prepare/…               shrinking and the logarithm alone
//   start                   filters and plans, once a process
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "embed/gist.h"

namespace {

using namespace videogen;  // NOLINT(google-build-using-namespace)

media::Image noise(int width, int height) {
  media::Image picture(width, height);
  std::mt19937 random(1);
  for (std::uint8_t& value : picture.rgb) value = static_cast<std::uint8_t>(random() >> 24);
  return picture;
}

void prepare(benchmark::State& state, int width, int height) {
  const auto embedder = embed::make_gist();
  const media::Image picture = noise(width, height);
  std::vector<float> input(embedder->input_size());
  for (auto _ : state) {
    embedder->prepare(picture, input);
    benchmark::DoNotOptimize(input.data());
  }
}

void gist(benchmark::State& state, int width, int height) {
  const auto embedder = embed::make_gist();
  const media::Image picture = noise(width, height);
  std::vector<float> input(embedder->input_size());
  for (auto _ : state) {
    embedder->prepare(picture, input);
    benchmark::DoNotOptimize(embedder->embed(input));
  }
}

void start(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(embed::make_gist());
}

BENCHMARK_CAPTURE(gist, 1080p, 1920, 1080)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gist, 480p, 854, 480)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gist, shrunk, 256, 256)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(prepare, full_hd, 1920, 1080)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(prepare, shrunk, 256, 256)->Unit(benchmark::kMillisecond);
BENCHMARK(start)->Unit(benchmark::kMillisecond);

}  // namespace
