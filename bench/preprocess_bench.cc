// A frame to CLIP's pixels, and the resize alone, on one core.
//
//   clip_pixels/1920/1080   resize, crop, scale and normalise
//   resize/1920/1080        the whole resized picture, on the fastest path of this CPU
//   resize_portable/…       the same in plain C++
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "embed/preprocess.h"
#include "embed/resample_internal.h"

namespace {

using namespace videogen;  // NOLINT(google-build-using-namespace)

media::Image noise(benchmark::State& state) {
  media::Image picture(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  std::mt19937 random(1);
  for (std::uint8_t& value : picture.rgb) value = static_cast<std::uint8_t>(random() >> 24);
  return picture;
}

void clip_pixels(benchmark::State& state) {
  const media::Image picture = noise(state);
  const embed::ProcessorConfig config;
  std::vector<float> pixels(std::size_t{3} * 224 * 224);
  for (auto _ : state) {
    embed::clip_pixels(picture, config, pixels);
    benchmark::DoNotOptimize(pixels.data());
  }
}

void resize(benchmark::State& state, const embed::ResamplePasses& passes) {
  const media::Image picture = noise(state);
  const int width = 224 * picture.width / picture.height;
  for (auto _ : state) {
    benchmark::DoNotOptimize(embed::resample(picture, {picture.width, width, 0, width},
                                             {picture.height, 224, 0, 224}, passes));
  }
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  for (const auto& [width, height] : {std::pair{1920, 1080}, {1280, 720}, {854, 480}}) {
    benchmark->Args({width, height});
  }
  benchmark->Unit(benchmark::kMillisecond);
}

BENCHMARK(clip_pixels)->Apply(sizes);
BENCHMARK_CAPTURE(resize, fastest, embed::fastest_passes())->Apply(sizes);
BENCHMARK_CAPTURE(resize, portable, embed::portable_passes())->Apply(sizes);

}  // namespace
