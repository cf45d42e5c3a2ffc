#include "scenes/texture_internal.h"

#include "scenes/noise_internal.h"

namespace videogen::scenes {
namespace {

// Value noise on a lattice that repeats after `period` cells.
float periodic_noise(Vec2 p, int period, std::uint32_t seed) {
  const int i = floor_int(p.x);
  const int j = floor_int(p.y);
  const float u = fade(p.x - static_cast<float>(i));
  const float v = fade(p.y - static_cast<float>(j));
  const int right = (i + 1) % period;
  const int up = (j + 1) % period;
  const float low = mix(hash_unit(i, j, seed), hash_unit(right, j, seed), u);
  const float high = mix(hash_unit(i, up, seed), hash_unit(right, up, seed), u);
  return 2 * mix(low, high, v) - 1;
}

}  // namespace

Texture<float> fractal(const FractalShape& shape) {
  const auto size = static_cast<std::size_t>(shape.size);
  std::vector<float> texels(size * size);
  const float step = 1.0F / static_cast<float>(shape.size);
  float weight = 1 - shape.gain;
  int cells = shape.cells;
  for (int o = 0; o < shape.octaves; ++o, cells *= 2, weight *= shape.gain) {
    const float scale = step * static_cast<float>(cells);
    for (int y = 0; y < shape.size; ++y) {
      for (int x = 0; x < shape.size; ++x) {
        const Vec2 p{(static_cast<float>(x) + 0.5F) * scale,
                     (static_cast<float>(y) + 0.5F) * scale};
        texels[static_cast<std::size_t>(y) * size + static_cast<std::size_t>(x)] +=
            weight * periodic_noise(p, cells, shape.seed + static_cast<std::uint32_t>(o));
      }
    }
  }
  return {shape.size, std::move(texels)};
}

const Texture<float>& soft_fractal() {
  static const Texture<float> texture = fractal({.size = 512, .cells = 4, .octaves = 7});
  return texture;
}

const Texture<float>& rough_fractal() {
  static const Texture<float> texture =
      fractal({.size = 512, .cells = 16, .octaves = 5, .gain = 0.68F, .seed = 77});
  return texture;
}

}  // namespace videogen::scenes
