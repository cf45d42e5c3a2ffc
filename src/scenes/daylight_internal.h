// Times of day, and the sky they give.
#pragma once

#include <span>

#include "scenes/math_internal.h"
#include "scenes/random_internal.h"

namespace videogen::scenes {

struct Daylight {
  Rgb zenith, horizon;  // of the clear sky
  Rgb sun;              // direct light
  Rgb ambient;          // light from everywhere
  float sun_height;     // above the horizon, in picture heights
  float haze;           // how soon distance fades, 0…1
  float lamps;          // how much of what can be lit is lit, 0…1
};
enum class Hour { dawn, noon, golden, dusk, blue, overcast, night };
[[nodiscard]] const Daylight& daylight(Hour hour);
[[nodiscard]] const Daylight& draw_daylight(Rng& rng, std::span<const Hour> hours);

// Sky with clouds that drift and evolve.
class Sky {
 public:
  Sky(Rng& rng, const Daylight& day);
  // How overcast, 0 clear … 1 closed; wind in picture heights a second.
  void set_clouds(float cover, float wind) { cover_ = cover, wind_ = wind; }
  void set_sun(Vec2 place) { sun_ = place; }
  [[nodiscard]] Vec2 sun() const { return sun_; }

  // Light from direction p: x along the horizon, y above it (picture heights).
  [[nodiscard]] Rgb at(Vec2 p, float t, float pixel) const;
  // Without clouds and disc: for haze, and for reflections that are blurred anyway.
  [[nodiscard]] Rgb clear(Vec2 p) const;

 private:
  const Daylight& day_;
  Vec2 sun_;
  Vec2 origin_;  // where in the cloud texture
  float cover_ = 0.5F;
  float wind_ = 0.02F;
  bool stars_;
};

}  // namespace videogen::scenes
