#include "scenes/heal_internal.h"

#include <array>
#include <cmath>
#include <limits>

#include "scenes/pixels_internal.h"

namespace videogen::scenes {
namespace {

constexpr int kRimPoints = 40, kDirections = 12;
constexpr float kRim = 1.3F;  // radii; the most that the ragged edge reaches

struct RimPoint {
  Vec2 at;
  Rgb difference;  // the region's own surroundings minus the donor's
};

// Mean over a small cross, so that single pixels don't decide.
Rgb around(const media::Image& image, Vec2 p, float reach) {
  Rgb sum = sample(image, p);
  for (const Vec2 d : {Vec2{reach, 0}, Vec2{-reach, 0}, Vec2{0, reach}, Vec2{0, -reach}}) {
    sum += sample(image, p + d);
  }
  return sum * 0.2F;
}

bool inside(const media::Image& image, Vec2 p, float margin) {
  const float aspect = float(image.width) / float(image.height);
  return p.x >= margin && p.y >= margin && p.x <= aspect - margin && p.y <= 1 - margin;
}

// As many as lie in the picture.
struct Rim {
  Rim(const media::Image& image, Vec2 centre, float radius, Vec2 donor) {
    for (int k = 0; k < kRimPoints; ++k) {
      const float turn = float(k) / float(kRimPoints);
      const Vec2 p = centre + Vec2{cosine(turn), sine(turn)} * (kRim * radius);
      if (!inside(image, p, 0)) continue;
      const Rgb own = around(image, p, 0.12F * radius);
      const Rgb there = around(image, p + donor, 0.12F * radius);
      points[std::size_t(count++)] = {p, own - there};
    }
  }
  [[nodiscard]] Rgb spread(Vec2 p) const {
    Rgb sum;
    float weights = 0;
    for (int k = 0; k < count; ++k) {
      const Vec2 d = p - points[std::size_t(k)].at;
      const float weight = 1 / square(dot(d, d) + 1e-5F);
      sum += points[std::size_t(k)].difference * weight;
      weights += weight;
    }
    return weights > 0 ? sum * (1 / weights) : sum;
  }
  std::array<RimPoint, kRimPoints> points{};
  int count = 0;
};

float size_of(Rgb d) { return (std::fabs(d.x) + std::fabs(d.y) + std::fabs(d.z)) * (1 / 3.0F); }

}  // namespace

Heal::Heal(const media::Image& image, const Region& region, Vec2 to) {
  float record = std::numeric_limits<float>::max();
  for (int k = 0; k < kDirections; ++k) {
    for (const float far : {2.1F, 2.8F}) {
      const float turn = (float(k) + 0.5F) / float(kDirections);
      const Vec2 donor = Vec2{cosine(turn), sine(turn)} * (far * region.radius);
      if (!inside(image, region.centre + donor, region.radius)) continue;
      if (!inside(image, to + donor, 0.5F * region.radius)) continue;
      const Rim rim(image, region.centre, region.radius, donor);
      float sum = 0;
      for (int i = 0; i < rim.count; ++i) sum += size_of(rim.points[std::size_t(i)].difference);
      const float mean = rim.count > 0 ? sum / float(rim.count) : 255;
      // Background, rather than a second thing that would take the first one's place.
      Region there = region;
      there.centre = region.centre + donor;
      const float seen =
          mean_inside(image, there, [&](int x, int y) { return detail(image, x, y); });
      if (mean + 0.6F * seen >= record) continue;
      record = mean + 0.6F * seen;
      mismatch_ = mean;
      donor_ = donor;
    }
  }
}

void Heal::apply(media::Image& image, const Region& region, Vec2 moved, float amount) const {
  const media::Image source = image;
  const Rim rim(source, region.centre + moved, region.radius, donor_);
  const Pixels pixels(image, region.centre + moved, 1.4F * region.radius);
  for (int y = pixels.top; y <= pixels.bottom; ++y) {
    for (int x = pixels.left; x <= pixels.right; ++x) {
      const Vec2 p = place(image, x, y);
      const float w = amount * region.weight(p - moved);
      if (w <= 0) continue;
      const Rgb healed = sample(source, p + donor_) + rim.spread(p);
      std::uint8_t* out = image.row(y) + 3 * x;
      out[0] = rounded(mix(float(out[0]), healed.x, w));
      out[1] = rounded(mix(float(out[1]), healed.y, w));
      out[2] = rounded(mix(float(out[2]), healed.z, w));
    }
  }
}

}  // namespace videogen::scenes
