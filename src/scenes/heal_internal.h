// Fills a region with its surroundings, as if what was there had never been.
#pragma once

#include "scenes/region_internal.h"

namespace videogen::scenes {

// Every pixel of a region is cloned from the same distance; what differs at the rim is spread
// inwards, so that no seam is left (as in Pérez, Gangnet, Blake, "Poisson image editing", 2003,
// with inverse distances in place of the solver).
class Heal {
 public:
  // From the neighbourhood, among some, that is plain and whose rim is most like the region's
  // own. `to` is where the region will have gone at the end: the donor must be in the picture
  // then, too.
  Heal(const media::Image& image, const Region& region, Vec2 to);

  // 0…255: how unlike the rims are. Where it is large there is nothing to heal with.
  [[nodiscard]] float mismatch() const { return mismatch_; }
  // image = image + (healed − image) · weight · amount, in the region, moved.
  void apply(media::Image& image, const Region& region, Vec2 moved, float amount) const;

 private:
  Vec2 donor_;
  float mismatch_ = 255;
};

}  // namespace videogen::scenes
