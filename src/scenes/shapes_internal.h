// Signed distances of flat shapes, below zero inside.
#pragma once

#include "scenes/math_internal.h"

namespace videogen::scenes {

inline float disc(Vec2 p, Vec2 centre, float radius) { return length(p - centre) - radius; }

// Axis-aligned, half sizes given.
inline float rectangle(Vec2 p, Vec2 centre, Vec2 half) {
  const Vec2 d{std::fabs(p.x - centre.x) - half.x, std::fabs(p.y - centre.y) - half.y};
  const Vec2 outside{most(d.x, 0), most(d.y, 0)};
  return length(outside) + least(most(d.x, d.y), 0);
}

// To the right of the line from a to b.
inline float beside(Vec2 p, Vec2 a, Vec2 b) {
  const Vec2 e = b - a;
  return ((p.y - a.y) * e.x - (p.x - a.x) * e.y) / length(e);
}

// Corners clockwise.
inline float triangle(Vec2 p, Vec2 a, Vec2 b, Vec2 c) {
  return most(beside(p, a, b), most(beside(p, b, c), beside(p, c, a)));
}

// A stroke from a to b, `width` thick at a and `end` at b.
inline float stroke(Vec2 p, Vec2 a, Vec2 b, float width, float end) {
  const Vec2 e = b - a;
  const float k = unit_clamp(dot(p - a, e) / dot(e, e));
  return length(p - a - e * k) - 0.5F * mix(width, end, k);
}

// Good near the outline only, which is where coverage looks.
inline float ellipse(Vec2 p, Vec2 centre, Vec2 half) {
  const Vec2 q{(p.x - centre.x) / half.x, (p.y - centre.y) / half.y};
  const float k = length(q);
  const Vec2 g{q.x / half.x, q.y / half.y};
  return (k - 1) * k / most(length(g), 1e-4F);
}

// Share of [x − width/2, x + width/2] that stripes cover; one begins at each whole x. This is
// how a pattern finer than a pixel becomes its mean instead of moiré.
inline float stripes(float x, float share, float width) {
  const auto sum = [share](float at) {
    const float whole = float(floor_int(at));
    return whole * share + least(at - whole, share);
  };
  return unit_clamp((sum(x + 0.5F * width) - sum(x - 0.5F * width)) / width);
}

// Paint with a coverage, as premultiplied colour.
inline Rgba tinted(Rgb light, float cover) { return {light * cover, cover}; }

}  // namespace videogen::scenes
