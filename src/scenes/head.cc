#include "scenes/head_internal.h"

#include <cmath>
#include <utility>
#include <vector>

namespace videogen::scenes {
namespace {

constexpr int kTexels = 512;
constexpr float kUnits = 2.36F;  // head heights that the relief's side covers
constexpr float kLift = 0.34F;   // the relief's middle lies so far below the head's

// Unions that flow into each other within k (Quilez, "Smooth minimum", polynomial).
float blend(float a, float b, float k) {
  const float h = most(k - std::fabs(a - b), 0) / k;
  return least(a, b) - h * h * k * 0.25F;
}
float carve_out(float a, float b, float k) { return -blend(-a, b, k); }

float ball(Vec3 p, Vec3 c, float r) { return length(p - c) - r; }
float ellipsoid(Vec3 p, Vec3 c, Vec3 r) {
  const Vec3 d = p - c;
  const Vec3 q{d.x / r.x, d.y / r.y, d.z / r.z};
  const Vec3 g{q.x / r.x, q.y / r.y, q.z / r.z};
  const float k = length(q);
  return k * (k - 1) / most(length(g), 1e-4F);
}
float capsule(Vec3 p, Vec3 a, Vec3 b, float ra, float rb) {
  const Vec3 e = b - a;
  const float k = unit_clamp(dot(p - a, e) / dot(e, e));
  return length(p - a - e * k) - mix(ra, rb, k);
}

}  // namespace

Head Head::draw(Rng rng) {
  Head head;
  const float turned = rng.range(0.03F, 0.11F);
  const float turn = rng.chance(0.5F) ? turned : -turned;
  head.yaw_ = {cosine(turn), sine(turn)};
  head.nod_ = rng.range(-0.10F, 0.06F);
  head.jaw_ = rng.unit();
  head.nose_ = rng.unit();
  head.brow_ = rng.unit();
  head.curl_ = rng.range(5, 11);
  head.length_ = rng.unit();
  head.locks_ = {rng.unit(), rng.unit(), rng.unit()};
  return head;
}

// Symmetric: x is folded.
float Head::face(Vec3 p) const {
  p.x = std::fabs(p.x);
  float d = ellipsoid(p, {0, 0.22F, -0.04F}, {0.35F, 0.40F, 0.43F});
  d = blend(d, ellipsoid(p, {0, -0.04F, 0.10F}, {0.27F, 0.38F, 0.31F}), 0.12F);
  d = blend(d, ball(p, {0, -0.36F, 0.25F + 0.03F * jaw_}, 0.085F + 0.025F * jaw_), 0.13F);
  d = blend(d, capsule(p, {0.25F, -0.10F, 0.02F}, {0.09F, -0.34F, 0.22F}, 0.06F, 0.05F), 0.12F);
  d = blend(d, ball(p, {0.17F, -0.06F, 0.27F}, 0.10F), 0.12F);
  d = blend(
      d, capsule(p, {0.03F, 0.145F, 0.385F + 0.02F * brow_}, {0.21F, 0.13F, 0.285F}, 0.035F, 0.03F),
      0.07F);
  d = carve_out(d, ellipsoid(p, {0.128F, 0.055F, 0.43F}, {0.085F, 0.055F, 0.085F}), 0.06F);
  d = blend(d, ball(p, {0.125F, 0.050F, 0.315F}, 0.068F), 0.012F);
  d = blend(d, capsule(p, {0.055F, 0.066F, 0.372F}, {0.19F, 0.060F, 0.335F}, 0.014F, 0.011F),
            0.02F);
  const float tip = 0.475F + 0.035F * nose_;
  d = blend(d, capsule(p, {0, 0.12F, 0.385F}, {0, -0.085F, tip}, 0.030F, 0.043F), 0.045F);
  d = blend(d, ball(p, {0.042F, -0.098F, 0.425F}, 0.032F), 0.025F);
  d = blend(d, ellipsoid(p, {0.028F, -0.188F, 0.392F}, {0.062F, 0.020F, 0.035F}), 0.022F);
  d = blend(d, ellipsoid(p, {0, -0.228F, 0.392F}, {0.070F, 0.024F, 0.036F}), 0.022F);
  d = carve_out(d, capsule(p, {0, -0.207F, 0.435F}, {0.095F, -0.204F, 0.375F}, 0.005F, 0.004F),
                0.012F);
  d = carve_out(d, ball(p, {0.016F, -0.122F, 0.465F}, 0.010F), 0.012F);
  float ear = ellipsoid(p, {0.345F, 0.04F, -0.02F}, {0.035F, 0.11F, 0.07F});
  ear = carve_out(ear, ellipsoid(p, {0.385F, 0.045F, 0.0F}, {0.03F, 0.07F, 0.04F}), 0.03F);
  return blend(d, ear, 0.03F);
}

// Waves of a comb: a shell over the skull, open at the face.
float Head::hair(Vec3 p) const {
  const float low = 0.18F - 0.30F * length_;
  float d = ellipsoid(p, {0, 0.27F, -0.09F}, {0.395F, 0.42F, 0.46F});
  d = blend(d, ellipsoid(p, {0, low, -0.22F}, {0.33F, 0.34F, 0.30F}), 0.15F);
  const float along = std::sqrt(p.x * p.x + square(p.z + 0.1F));
  const float wave =
      sine(curl_ * 0.32F * (p.y + 0.35F * along) + locks_.x + 0.35F * sine(1.1F * p.x + locks_.y));
  const float strand = sine(curl_ * 1.15F * (p.x * 0.8F + 0.5F * p.z) + 0.55F * wave + locks_.z);
  d -= 0.017F * wave + 0.013F * strand;
  d = carve_out(d, ellipsoid(p, {0, -0.12F, 0.42F}, {0.30F, 0.47F, 0.44F}), 0.05F);
  return carve_out(
      d, ellipsoid({std::fabs(p.x), p.y, p.z}, {0.36F, -0.02F, 0.06F}, {0.10F, 0.17F, 0.13F}),
      0.04F);
}

float Head::chest(Vec3 p) const {
  float d = capsule(p, {0, -0.25F, -0.06F}, {0, -0.78F, -0.10F}, 0.19F, 0.20F);
  const Vec3 q{std::fabs(p.x), p.y, p.z};
  d = blend(d, capsule(q, {0.10F, -0.90F, -0.12F}, {0.52F, -1.02F, -0.14F}, 0.19F, 0.16F), 0.20F);
  d = blend(d, ellipsoid(p, {0, -1.12F, -0.06F}, {0.52F, 0.34F, 0.26F}), 0.15F);
  d = blend(d, capsule(q, {0.03F, -0.77F, 0.10F}, {0.17F, -0.42F, -0.02F}, 0.03F, 0.035F), 0.06F);
  // Drapery from one shoulder.
  const float fold = 0.02F * sine(3.2F * (p.x * 0.7F + p.y) + 0.3F * sine(1.7F * p.x));
  const float cloth = ellipsoid(p, {0.22F, -1.16F, -0.06F}, {0.56F, 0.36F, 0.33F}) - fold;
  d = blend(d, most(cloth, (p.y + 0.80F) - 0.55F * p.x), 0.02F);
  d = most(d, -1.30F - p.y);
  const float plinth = most(length(Vec2{p.x, p.z + 0.1F}) - 0.30F, p.y + 1.28F);
  return least(d, plinth);
}

float Head::distance(Vec3 p) const {
  Vec3 q{yaw_.x * p.x - yaw_.y * p.z, p.y, yaw_.y * p.x + yaw_.x * p.z};
  q.z += nod_ * (q.y + 0.3F);
  // Far from a part, the distance to a ball or a plane around it will do.
  constexpr float kNear = 0.15F;
  const float around_head = length(q - Vec3{0, 0.1F, -0.05F}) - 0.68F;
  const float above_chest = p.y + 0.05F;
  const float head = around_head > kNear ? around_head : blend(face(q), hair(q), 0.012F);
  const Vec3 half_turned{mix(p.x, q.x, 0.4F), p.y, mix(p.z, q.z, 0.4F)};
  const float below = above_chest > kNear ? above_chest : chest(half_turned);
  return blend(head, below, 0.06F);
}

namespace {

struct Approach {
  float nearest;  // smallest distance from the surface on the way
  Vec3 at;        // where that was: on the surface, if it was hit
  bool hit;
};
constexpr float kStart = 0.75F, kEnd = -0.75F;  // depths between which the head lies

Approach approach(const Head& head, Vec3 p) {
  Approach found{kUnits, p, false};
  while (p.z > kEnd) {
    const float gap = head.distance(p);
    if (gap < found.nearest) {
      found.nearest = gap;
      found.at = p;
    }
    if (gap < 0.0008F) {
      found.hit = true;
      break;
    }
    p.z -= 0.85F * gap;
  }
  return found;
}

Vec3 texel_place(float x, float y, float z) {
  constexpr float kTexel = kUnits / kTexels;
  return {(x + 0.5F) * kTexel - 0.5F * kUnits, (y + 0.5F) * kTexel - 0.5F * kUnits - kLift, z};
}

Relief texel_of(const Head& head, const Approach& found) {
  constexpr float kStep = 0.004F;
  const Vec3 at = found.at;
  const float d = head.distance(at);
  const Vec3 slope{head.distance(at + Vec3{kStep, 0, 0}) - d,
                   head.distance(at + Vec3{0, kStep, 0}) - d,
                   head.distance(at + Vec3{0, 0, kStep}) - d};
  const Vec3 n = unit(slope + Vec3{0, 0, 1e-7F});
  float open = 1;
  float weight = 1.6F;
  for (const float reach : {0.04F, 0.10F, 0.20F}) {
    open -= weight * (reach - head.distance(at + n * reach));
    weight *= 0.8F;
  }
  return {at, n, clamp(open, 0.12F, 1), 1};
}

}  // namespace

Texture<Relief> carve(const Head& head) {
  constexpr int kCell = 8;  // texels that share the first part of their way
  constexpr float kTexel = kUnits / kTexels;
  std::vector<Relief> texels(std::size_t{kTexels} * kTexels);
  for (int cell_y = 0; cell_y < kTexels; cell_y += kCell) {
    for (int cell_x = 0; cell_x < kTexels; cell_x += kCell) {
      constexpr float kMiddle = 0.5F * (kCell - 1);
      const Vec3 from = texel_place(float(cell_x) + kMiddle, float(cell_y) + kMiddle, kStart);
      const Approach scout = approach(head, from);
      if (scout.nearest > 0.8F * kCell * kTexel) continue;
      for (int y = cell_y; y < cell_y + kCell; ++y) {
        for (int x = cell_x; x < cell_x + kCell; ++x) {
          const Approach found = approach(head, texel_place(float(x), float(y), kStart));
          const float cover = unit_clamp(1 - found.nearest / kTexel);
          if (cover <= 0) continue;
          texels[std::size_t(y) * kTexels + std::size_t(x)] = texel_of(head, found) * cover;
        }
      }
    }
  }
  return {kTexels, std::move(texels)};
}

}  // namespace videogen::scenes
