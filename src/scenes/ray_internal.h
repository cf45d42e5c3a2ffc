// Rays and the solids they meet.
#pragma once

#include "scenes/math_internal.h"

namespace videogen::scenes {

constexpr float kNoHit = 1e9F;

struct Ray {
  Vec3 from, along;  // `along` has unit length
  [[nodiscard]] Vec3 at(float distance) const { return from + along * distance; }
};

// An eye that looks at a point. Picture coordinates as on a Film.
struct Eye {
  Eye(Vec3 from, Vec3 target, float focal, float roll = 0)
      : place(from), ahead(unit(target - from)), focal_(focal), roll_(roll) {
    right = unit(cross(ahead, Vec3{0, 1, 0}));
    up = cross(right, ahead);
  }
  [[nodiscard]] Ray ray(Vec2 picture) const {
    const Vec2 p = turned(picture, roll_);
    return {place, unit(ahead * focal_ + right * p.x + up * p.y)};
  }
  Vec3 place, ahead, right, up;

 private:
  float focal_;  // picture heights
  float roll_;   // turns
};

// Distance to the first hit in front of the ray's start, or kNoHit.
inline float meet_sphere(const Ray& ray, Vec3 centre, float radius) {
  const Vec3 m = ray.from - centre;
  const float b = dot(m, ray.along);
  const float c = dot(m, m) - radius * radius;
  if (c > 0 && b > 0) return kNoHit;
  const float inside = b * b - c;
  if (inside < 0) return kNoHit;
  const float near = -b - std::sqrt(inside);
  return near > 0 ? near : kNoHit;
}

inline float meet_floor(const Ray& ray, float height) {
  const float d = (height - ray.from.y) / ray.along.y;
  return ray.along.y < 0 && d > 0 ? d : kNoHit;
}

// Axis-aligned box; `normal` is set on a hit.
inline float meet_box(const Ray& ray, Vec3 low, Vec3 high, Vec3& normal) {
  float enter = 0;
  float leave = kNoHit;
  Vec3 face;
  const auto slab = [&](float from, float along, float a, float b, Vec3 axis) {
    const float inverse = 1 / (std::fabs(along) < 1e-7F ? 1e-7F : along);
    const float t0 = (a - from) * inverse;
    const float t1 = (b - from) * inverse;
    if (least(t0, t1) > enter) {
      enter = least(t0, t1);
      face = axis * (inverse > 0 ? -1.0F : 1.0F);
    }
    leave = least(leave, most(t0, t1));
  };
  slab(ray.from.x, ray.along.x, low.x, high.x, {1, 0, 0});
  slab(ray.from.y, ray.along.y, low.y, high.y, {0, 1, 0});
  slab(ray.from.z, ray.along.z, low.z, high.z, {0, 0, 1});
  if (enter >= leave || enter <= 0) return kNoHit;
  normal = face;
  return enter;
}

// How much of a distant, soft light in direction `to_light` a sphere leaves at p, 0…1.
// `softness` is the light's angular radius, in radians.
inline float sphere_shadow(Vec3 p, Vec3 to_light, Vec3 centre, float radius, float softness) {
  const Vec3 m = centre - p;
  const float ahead = dot(m, to_light);
  if (ahead <= 0) return 1;
  const float penumbra = softness * ahead + 0.02F * radius;
  const float off_squared = most(dot(m, m) - ahead * ahead, 0);
  if (off_squared >= square(radius + penumbra)) return 1;
  const float off = std::sqrt(off_squared);
  return smoothstep(radius - penumbra, radius + penumbra, off);
}

// How much of the sky above a surface with normal n a sphere leaves at p
// (Quilez, "Sphere ambient occlusion").
inline float sphere_openness(Vec3 p, Vec3 n, Vec3 centre, float radius) {
  const Vec3 m = centre - p;
  const float far = most(dot(m, m), radius * radius);
  if (far > 64 * radius * radius) return 1;  // less than a step of 8 bits, from the side
  return 1 - most(dot(n, m), 0) * radius * radius / (far * std::sqrt(far));
}

}  // namespace videogen::scenes
