// What morphs have in common: a region that changes within some frames, and stays changed.
#pragma once

#include <cstdint>
#include <memory>

#include "scenes/defect_internal.h"
#include "scenes/pixels_internal.h"
#include "scenes/region_internal.h"

namespace videogen::scenes {

struct Change {
  std::int64_t first = 0, last = 0;
  Region region;  // where it is at `first`
  Track track;    // where it goes

  // How far it has come, 0…1: never 0 from `first` on.
  [[nodiscard]] float way(std::int64_t frame) const {
    const float linear = least(1, float(frame - first + 1) / float(last - first + 1));
    return 0.5F * (linear + smoothstep(0, 1, linear));
  }
};

// visit(x, y, p, w) for the pixels of the region at a frame: p is the place in the picture, w
// the region's weight there, over 0.
template <class Visit>
void visit_region(const media::Image& image, const Change& change, std::int64_t frame,
                  const Visit& visit) {
  const Vec2 moved = change.track.moved(frame);
  const Pixels pixels(image, change.region.centre + moved, 1.5F * change.region.radius);
  for (int y = pixels.top; y <= pixels.bottom; ++y) {
    for (int x = pixels.left; x <= pixels.right; ++x) {
      const Vec2 p = place(image, x, y);
      const float w = change.region.weight(p - moved);
      if (w > 0) visit(x, y, p, w);
    }
  }
}

inline void put(media::Image& image, int x, int y, Rgb colour, float share) {
  std::uint8_t* out = image.row(y) + 3 * x;
  out[0] = rounded(mix(float(out[0]), colour.x, share));
  out[1] = rounded(mix(float(out[1]), colour.y, share));
  out[2] = rounded(mix(float(out[2]), colour.z, share));
}

// One function a style. They set the region, which `change` lacks, and its track.
std::unique_ptr<Effect> plant_vanish(const Order&, Stage&, Change&, Rng&);
std::unique_ptr<Effect> plant_appear(const Order&, Stage&, Change&, Rng&);
std::unique_ptr<Effect> plant_smear(const Order&, Stage&, Change&, Rng&);
std::unique_ptr<Effect> plant_pop(const Order&, Stage&, Change&, Rng&);

}  // namespace videogen::scenes
