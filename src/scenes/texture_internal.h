// Pictures that shaders sample: levels of halved size, filtered between and within them, so
// that a receding plane neither crawls nor flickers.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "scenes/math_internal.h"
#include "scenes/random_internal.h"

namespace videogen::scenes {

inline Rgba operator+(Rgba a, Rgba b) { return {a.light + b.light, a.cover + b.cover}; }
inline Rgba operator*(Rgba a, float s) { return {a.light * s, a.cover * s}; }

// A square whose side is a power of two. T is float or Rgba.
template <class T>
class Texture {
 public:
  Texture() = default;
  Texture(int size, std::vector<T> texels) {
    levels_.push_back({size, std::move(texels)});
    while (levels_.back().size > 1) levels_.push_back(halved(levels_.back()));
  }

  [[nodiscard]] int size() const { return levels_[0].size; }
  [[nodiscard]] const T& texel(int x, int y) const {
    return levels_[0].at(x & (size() - 1), y & (size() - 1));
  }

  // The plane tiled with the texture. `uv` counts tiles; `footprint` is how much of one a
  // pixel covers.
  [[nodiscard]] T tiled(Vec2 uv, float footprint) const {
    return filtered(footprint, [uv](const Level& level) { return bilinear_tiled(level, uv); });
  }
  // One copy on [0, 1]², nothing around it; v grows upwards.
  [[nodiscard]] T single(Vec2 uv, float footprint) const {
    return filtered(footprint, [uv](const Level& level) { return bilinear_single(level, uv); });
  }

 private:
  struct Level {
    int size = 0;
    std::vector<T> texels;  // [size, size]
    [[nodiscard]] const T& at(int x, int y) const {
      return texels[static_cast<std::size_t>(y * size + x)];
    }
  };

  template <class Lookup>
  T filtered(float footprint, const Lookup& lookup) const {
    const float texels = footprint * static_cast<float>(levels_[0].size);
    if (texels <= 1) return lookup(levels_[0]);
    const float finest = static_cast<float>(levels_.size() - 1);
    const float level = least(rough_log2(texels), finest);
    const auto below = static_cast<std::size_t>(level);
    // A short passage from level to level: most lookups read one of them only.
    const float k = (level - static_cast<float>(below)) * 2.5F - 0.75F;
    if (k <= 0) return lookup(levels_[below]);
    if (k >= 1) return lookup(levels_[below + 1]);
    return lookup(levels_[below]) * (1 - k) + lookup(levels_[below + 1]) * k;
  }

  // Exact at powers of two, straight between: good enough to choose a level.
  static float rough_log2(float x) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    return static_cast<float>(bits) * 0x1p-23F - 127;
  }

  static T blend(T a, T b, T c, T d, float u, float v) {
    return (a * (1 - u) + b * u) * (1 - v) + (c * (1 - u) + d * u) * v;
  }

  static T bilinear_tiled(const Level& level, Vec2 uv) {
    const float x = uv.x * static_cast<float>(level.size) - 0.5F;
    const float y = uv.y * static_cast<float>(level.size) - 0.5F;
    const int mask = level.size - 1;
    const int i = floor_int(x);
    const int j = floor_int(y);
    return blend(level.at(i & mask, j & mask), level.at((i + 1) & mask, j & mask),
                 level.at(i & mask, (j + 1) & mask), level.at((i + 1) & mask, (j + 1) & mask),
                 x - static_cast<float>(i), y - static_cast<float>(j));
  }

  static T bilinear_single(const Level& level, Vec2 uv) {
    const float x = uv.x * static_cast<float>(level.size) - 0.5F;
    const float y = uv.y * static_cast<float>(level.size) - 0.5F;
    const int i = floor_int(x);
    const int j = floor_int(y);
    const auto texel = [&level](int s, int t) {
      return s < 0 || t < 0 || s >= level.size || t >= level.size ? T{} : level.at(s, t);
    };
    return blend(texel(i, j), texel(i + 1, j), texel(i, j + 1), texel(i + 1, j + 1),
                 x - static_cast<float>(i), y - static_cast<float>(j));
  }

  static Level halved(const Level& level) {
    const int size = level.size / 2;
    Level half{size, std::vector<T>(static_cast<std::size_t>(size) * size)};
    for (int y = 0; y < size; ++y) {
      for (int x = 0; x < size; ++x) {
        const T top = level.at(2 * x, 2 * y) + level.at(2 * x + 1, 2 * y);
        const T bottom = level.at(2 * x, 2 * y + 1) + level.at(2 * x + 1, 2 * y + 1);
        half.texels[static_cast<std::size_t>(y * size + x)] = (top + bottom) * 0.25F;
      }
    }
    return half;
  }

  std::vector<Level> levels_;
};

// fBm that tiles: `cells` hills across at the coarsest octave, values about −1…1.
// `gain` is the weight of each octave against the one before: 0.5 is cloud, 0.7 is gravel.
struct FractalShape {
  int size = 512;
  int cells = 4;
  int octaves = 7;
  float gain = 0.5F;
  std::uint32_t seed = 1;
};
[[nodiscard]] Texture<float> fractal(const FractalShape& shape);

// Shared by all scenes, made at first use and never changed; what varies between seeds is
// where a scene looks at them.
[[nodiscard]] const Texture<float>& soft_fractal();   // clouds, stains, waves
[[nodiscard]] const Texture<float>& rough_fractal();  // sand, bark, asphalt
[[nodiscard]] const Texture<Vec2>& soft_slopes();     // the soft fractal's slopes, a tile long

// Slopes of a tiling height field, by central differences.
[[nodiscard]] Texture<Vec2> slopes(const Texture<float>& heights);

}  // namespace videogen::scenes
