// Fish, seen from the side.
#pragma once

#include "scenes/math_internal.h"
#include "scenes/random_internal.h"

namespace videogen::scenes {

struct Fish {
  enum class Marks { bars, band, spots };
  Rgb back, side, mark;
  Marks marks;
  float height;  // of the body, half, in half body lengths
  std::uint32_t seed;

  // At p in half body lengths, its nose at (1, 0): |x| < 1.5, |y| < 1. `beat` is the phase of
  // its tail, in turns; `light` falls from above.
  [[nodiscard]] Rgba look(Vec2 p, float beat, float pixel, Rgb light, Rgb dim) const;
};

[[nodiscard]] Fish draw_fish(Rng& rng);

}  // namespace videogen::scenes
