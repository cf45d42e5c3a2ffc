// Solids of revolution: what is turned on a wheel, or grows around a stalk.
#pragma once

#include <array>

#include "scenes/random_internal.h"

namespace videogen::scenes {

enum class Stuff { apple, pear, orange, plum, vase, bottle };

struct Lathe {
  Stuff stuff;
  Vec3 foot;
  float height;
  std::array<float, 257> radii;  // at equal steps from foot to top
  float widest;
  float bound;  // radius of a ball around all of it
  float lean;   // of the axis, towards x for each unit of height
  Rgb base, second;
  std::uint32_t seed;

  // k runs from the foot, 0, to the top, 1.
  [[nodiscard]] float radius(float k) const;
  [[nodiscard]] Vec3 middle(float k) const { return foot + Vec3{lean * k * height, k * height, 0}; }
  // About the distance from its skin.
  [[nodiscard]] float distance(Vec3 p) const;
  [[nodiscard]] Vec3 normal(Vec3 p) const;
};

[[nodiscard]] Lathe make_lathe(Rng& rng, Stuff stuff, Vec3 foot);

}  // namespace videogen::scenes
