// A sculpted head, and the relief that a camera in front of it sees.
#pragma once

#include "scenes/random_internal.h"
#include "scenes/texture_internal.h"

namespace videogen::scenes {

// One texel: what is seen there, each times `cover`.
struct Relief {
  Vec3 place, normal;  // z towards the viewer; the head is about 1 high, its middle at 0
  float open = 0;      // share of the room's light that reaches it
  float cover = 0;

  friend Relief operator+(const Relief& a, const Relief& b) {
    return {a.place + b.place, a.normal + b.normal, a.open + b.open, a.cover + b.cover};
  }
  friend Relief operator*(const Relief& a, float s) {
    return {a.place * s, a.normal * s, a.open * s, a.cover * s};
  }
};

class Head {
 public:
  [[nodiscard]] static Head draw(Rng rng);
  // About the distance from the surface.
  [[nodiscard]] float distance(Vec3 p) const;

 private:
  [[nodiscard]] float face(Vec3 p) const;
  [[nodiscard]] float hair(Vec3 p) const;
  [[nodiscard]] float chest(Vec3 p) const;

  Vec2 yaw_;  // cosine and sine of its turn
  float nod_ = 0;
  float jaw_ = 0, nose_ = 0, brow_ = 0;
  float curl_ = 0, length_ = 0;
  Vec3 locks_;
};

constexpr float kReliefSpan = 1.05F;  // picture heights that the relief covers
[[nodiscard]] Texture<Relief> carve(const Head& head);

}  // namespace videogen::scenes
