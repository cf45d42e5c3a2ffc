#include "scenes/texture_internal.h"

#include "scenes/noise_internal.h"

namespace videogen::scenes {
namespace {

// Random values on a lattice that repeats after `cells`, and their smooth interpolation.
class Lattice {
 public:
  Lattice(int cells, std::uint32_t seed) : cells_(cells) {
    values_.reserve(static_cast<std::size_t>(cells) * static_cast<std::size_t>(cells));
    for (int y = 0; y < cells; ++y) {
      for (int x = 0; x < cells; ++x) values_.push_back(2 * hash_unit(x, y, seed) - 1);
    }
  }
  // 0 ≤ p < cells.
  [[nodiscard]] float at(Vec2 p) const {
    const int i = static_cast<int>(p.x);
    const int j = static_cast<int>(p.y);
    const float u = fade(p.x - static_cast<float>(i));
    const float v = fade(p.y - static_cast<float>(j));
    return mix(mix(value(i, j), value(i + 1, j), u), mix(value(i, j + 1), value(i + 1, j + 1), u),
               v);
  }

 private:
  [[nodiscard]] float value(int x, int y) const {
    return values_[static_cast<std::size_t>((y == cells_ ? 0 : y) * cells_ +
                                            (x == cells_ ? 0 : x))];
  }
  int cells_;
  std::vector<float> values_;
};

}  // namespace

Texture<float> fractal(const FractalShape& shape) {
  const auto size = static_cast<std::size_t>(shape.size);
  std::vector<float> texels(size * size);
  const float step = 1.0F / static_cast<float>(shape.size);
  float weight = 1 - shape.gain;
  int cells = shape.cells;
  for (int o = 0; o < shape.octaves; ++o, cells *= 2, weight *= shape.gain) {
    const float scale = step * static_cast<float>(cells);
    const Lattice lattice(cells, shape.seed + static_cast<std::uint32_t>(o));
    for (int y = 0; y < shape.size; ++y) {
      for (int x = 0; x < shape.size; ++x) {
        const Vec2 p{(static_cast<float>(x) + 0.5F) * scale,
                     (static_cast<float>(y) + 0.5F) * scale};
        texels[static_cast<std::size_t>(y) * size + static_cast<std::size_t>(x)] +=
            weight * lattice.at(p);
      }
    }
  }
  return {shape.size, std::move(texels)};
}

Texture<Vec2> slopes(const Texture<float>& heights) {
  const int size = heights.size();
  const float scale = 0.5F * float(size);
  std::vector<Vec2> texels;
  texels.reserve(static_cast<std::size_t>(size) * static_cast<std::size_t>(size));
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      texels.push_back({(heights.texel(x + 1, y) - heights.texel(x - 1, y)) * scale,
                        (heights.texel(x, y + 1) - heights.texel(x, y - 1)) * scale});
    }
  }
  return {size, std::move(texels)};
}

const Texture<Vec2>& soft_slopes() {
  static const Texture<Vec2> texture = slopes(soft_fractal());
  return texture;
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
