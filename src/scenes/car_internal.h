// Cars and lorries, seen along the road from either end.
#pragma once

#include "scenes/daylight_internal.h"

namespace videogen::scenes {

struct Car {
  enum class End { front, rear };
  Rgb paint;
  bool lorry = false;

  // At p in metres: x from its middle, y above the road; `pixel` in metres, too. Covers
  // |x| < 1.6, −0.2 < y < 3.6, its shadow on the road included.
  [[nodiscard]] Rgba look(Vec2 p, End end, float pixel, const Daylight& day) const;
};

[[nodiscard]] Car draw_car(Rng& rng);

}  // namespace videogen::scenes
