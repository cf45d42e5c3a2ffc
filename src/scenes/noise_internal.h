// Noise: smooth randomness of one and two dimensions, and its sums over octaves.
#pragma once

#include <vector>

#include "scenes/random_internal.h"

namespace videogen::scenes {

inline float fade(float x) { return x * x * x * (x * (x * 6 - 15) + 10); }

// Value noise, −1…1, about one hill a unit.
inline float noise(float x, std::uint32_t seed) {
  const int i = floor_int(x);
  const float a = hash_unit(i, 0, seed);
  const float b = hash_unit(i + 1, 0, seed);
  return 2 * mix(a, b, fade(x - static_cast<float>(i))) - 1;
}

inline float noise(Vec2 p, std::uint32_t seed) {
  const int i = floor_int(p.x);
  const int j = floor_int(p.y);
  const float u = fade(p.x - static_cast<float>(i));
  const float v = fade(p.y - static_cast<float>(j));
  const float low = mix(hash_unit(i, j, seed), hash_unit(i + 1, j, seed), u);
  const float high = mix(hash_unit(i, j + 1, seed), hash_unit(i + 1, j + 1, seed), u);
  return 2 * mix(low, high, v) - 1;
}

// Sums of octaves, each twice as fine and half as strong; about −1…1.
template <class Point>
float octaves(Point p, int count, std::uint32_t seed) {
  float sum = 0;
  float weight = 0.5F;
  for (int o = 0; o < count; ++o) {
    sum += weight * noise(p, seed + static_cast<std::uint32_t>(o));
    p = p * 2.03F;  // not 2: the lattices of the octaves must not coincide
    weight *= 0.5F;
  }
  return sum;
}

// octaves() along a line, tabulated: what every pixel of a column asks for.
class Skyline {
 public:
  Skyline(std::uint32_t seed, int count) {
    for (int i = 0; i <= kSteps; ++i) {
      const float x = float(i) * kSpan / kSteps - 0.5F * kSpan;
      const float back = smoothstep(kSpan * 0.4F, kSpan * 0.5F, x);  // to where it began
      const float here = octaves(x, count, seed);
      values_.push_back(back > 0 ? mix(here, octaves(x - kSpan, count, seed), back) : here);
    }
  }
  // Repeats after kSpan.
  [[nodiscard]] float at(float x) const {
    const float step = fraction(x * (1 / kSpan) + 0.5F) * kSteps;
    const auto i = static_cast<std::size_t>(step);
    return mix(values_[i], values_[i + 1], step - float(i));
  }

 private:
  static constexpr float kSpan = 32;
  static constexpr int kSteps = 8192;
  std::vector<float> values_;
};

}  // namespace videogen::scenes
