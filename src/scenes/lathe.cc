#include "scenes/lathe_internal.h"

#include <algorithm>
#include <cmath>

namespace videogen::scenes {
namespace {

struct Profile {
  float height;
  std::array<float, 9> radii;
};
// By Stuff.
constexpr std::array kProfiles{
    Profile{0.30F, {0.055F, 0.115F, 0.150F, 0.168F, 0.175F, 0.170F, 0.152F, 0.112F, 0.030F}},
    Profile{0.42F, {0.060F, 0.135F, 0.160F, 0.158F, 0.135F, 0.100F, 0.078F, 0.062F, 0.012F}},
    Profile{0.31F, {0.045F, 0.110F, 0.140F, 0.153F, 0.157F, 0.153F, 0.140F, 0.110F, 0.035F}},
    Profile{0.20F, {0.030F, 0.070F, 0.088F, 0.096F, 0.098F, 0.096F, 0.088F, 0.068F, 0.018F}},
    Profile{0.95F, {0.130F, 0.175F, 0.225F, 0.250F, 0.240F, 0.190F, 0.120F, 0.095F, 0.135F}},
    Profile{0.98F, {0.135F, 0.150F, 0.150F, 0.150F, 0.148F, 0.110F, 0.050F, 0.045F, 0.050F}},
};

// Catmull-Rom through the profile's radii, so that the skin has no creases.
float radius_between(const Profile& profile, float k) {
  const float at = k * 8;
  const int i = std::min(static_cast<int>(at), 7);
  const auto r = [&](int j) {
    return profile.radii[static_cast<std::size_t>(std::clamp(j, 0, 8))];
  };
  const float u = at - float(i);
  const float a = r(i - 1);
  const float b = r(i);
  const float c = r(i + 1);
  const float d = r(i + 2);
  return b + 0.5F * u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)));
}

}  // namespace

float Lathe::radius(float k) const {
  const float at = unit_clamp(k) * 255.99F;
  const auto i = static_cast<std::size_t>(at);
  return mix(radii[i], radii[i + 1], at - float(i));
}

float Lathe::distance(Vec3 p) const {
  const float k = (p.y - foot.y) / height;
  const Vec3 m = middle(clamp(k, 0, 1));
  const float across = length(Vec2{p.x - m.x, p.z - m.z}) - radius(k);
  const float beyond = most(-k, k - 1) * height;
  // Slopes of the profile make `across` too long.
  return beyond > 0 ? length(Vec2{most(across, 0), beyond}) : across * 0.75F;
}

Vec3 Lathe::normal(Vec3 p) const {
  constexpr float kStep = 0.003F;
  const float d = distance(p);
  const Vec3 slope{distance(p + Vec3{kStep, 0, 0}) - d, distance(p + Vec3{0, kStep, 0}) - d,
                   distance(p + Vec3{0, 0, kStep}) - d};
  return unit(slope + Vec3{0, 1e-6F, 0});
}

Lathe make_lathe(Rng& rng, Stuff stuff, Vec3 foot) {
  const Profile& profile = kProfiles[static_cast<std::size_t>(stuff)];
  static constexpr std::array kGlazes{srgb(0x2F5F8C), srgb(0xD8D2C2), srgb(0x3F6B5A),
                                      srgb(0xA85A3A)};
  Lathe thing{};
  thing.stuff = stuff;
  thing.foot = foot;
  const float size = rng.range(0.92F, 1.12F);
  thing.height = profile.height * size;
  for (std::size_t i = 0; i < thing.radii.size(); ++i) {
    thing.radii[i] = size * radius_between(profile, float(i) / float(thing.radii.size() - 1));
  }
  thing.widest = *std::max_element(thing.radii.begin(), thing.radii.end());
  const bool grown = stuff != Stuff::vase && stuff != Stuff::bottle;
  thing.lean = grown ? rng.range(-0.14F, 0.14F) : 0.0F;
  thing.bound = length(Vec2{thing.widest, (0.5F + std::fabs(thing.lean)) * thing.height}) + 0.02F;
  thing.seed = rng.bits();
  switch (stuff) {
    case Stuff::apple:
      thing.base = mix(srgb(0xB3241E), srgb(0x8FA63A), square(rng.unit()));
      thing.second = srgb(0xE0B040);
      break;
    case Stuff::pear:
      thing.base = srgb(0xA8A83C);
      thing.second = srgb(0xB8683A);
      break;
    case Stuff::orange:
      thing.base = srgb(0xE0781C);
      thing.second = srgb(0xF0A040);
      break;
    case Stuff::plum:
      thing.base = srgb(0x3A1F3F);
      thing.second = srgb(0x6A5A8C);
      break;
    case Stuff::vase:
      thing.base = rng.pick(std::span<const Rgb>(kGlazes));
      thing.second = rng.pick(std::span<const Rgb>(kGlazes));
      break;
    case Stuff::bottle:
      thing.base = srgb(0x16281C);
      thing.second = srgb(0xC9BD9C);
      break;
  }
  return thing;
}

}  // namespace videogen::scenes
