#include "scenes/daylight_internal.h"

#include <array>

#include "scenes/noise_internal.h"
#include "scenes/texture_internal.h"

namespace videogen::scenes {
namespace {

std::array<Daylight, 7> make_hours() {
  return {{
      // zenith, horizon, sun, ambient, sun height, haze, lamps
      {srgb(0x5B7FB5), srgb(0xF2C3A0), srgb(0xFFC48A) * 2.2F, srgb(0x8C9CBF) * 0.7F, 0.10F, 0.75F,
       0.25F},
      {srgb(0x2F6FC4), srgb(0xB4D6EC), srgb(0xFFF3DC) * 2.8F, srgb(0x9DBBDD) * 0.8F, 0.42F, 0.35F,
       0.0F},
      {srgb(0x4C78B8), srgb(0xF6C27C), srgb(0xFFB25E) * 2.6F, srgb(0x9A93A8) * 0.7F, 0.16F, 0.5F,
       0.1F},
      {srgb(0x2A3768), srgb(0xE58A68), srgb(0xFF9258) * 1.2F, srgb(0x62659A) * 0.5F, 0.03F, 0.6F,
       0.75F},
      {srgb(0x1C2A55), srgb(0x7F88B0), srgb(0xFFB890) * 0.30F, srgb(0x5B6CA0) * 0.42F, 0.02F, 0.55F,
       0.95F},
      {srgb(0x8794A3), srgb(0xC4CCD2), srgb(0xDDE2E6) * 0.9F, srgb(0xAEB8C2) * 0.9F, 0.35F, 0.85F,
       0.15F},
      {srgb(0x0B1230), srgb(0x2C3D66), srgb(0xBFD0FF) * 0.35F, srgb(0x3B4A78) * 0.25F, 0.3F, 0.45F,
       1.0F},
  }};
}

// Stars: at most one in each cell, twinkling.
float stars(Vec2 p, float t, float pixel) {
  const Vec2 q = p * 26;
  const int i = floor_int(q.x);
  const int j = floor_int(q.y);
  const std::uint32_t h = hash(i, j, 5);
  if (h & 3U) return 0;
  const Vec2 star{float(i) + 0.2F + 0.6F * to_unit(hash(h)),
                  float(j) + 0.2F + 0.6F * to_unit(hash(h + 1))};
  const float size = most(0.02F, 18 * pixel);
  const float d = length(q - star) / size;
  const float twinkle = 0.75F + 0.25F * sine(t * (0.5F + to_unit(h)) + to_unit(h * 3));
  return 0.9F * to_unit(hash(h + 2)) * twinkle * smoothstep(1, 0, d);
}

}  // namespace

const Daylight& daylight(Hour hour) {
  static const auto hours = make_hours();
  return hours[static_cast<std::size_t>(hour)];
}

const Daylight& draw_daylight(Rng& rng, std::span<const Hour> hours) {
  return daylight(rng.pick(hours));
}

Sky::Sky(Rng& rng, const Daylight& day)
    : day_(day),
      sun_{rng.range(-0.6F, 0.6F), day.sun_height * rng.range(0.8F, 1.2F)},
      origin_{rng.unit(), rng.unit()},
      stars_(day.lamps >= 1) {
  cover_ = rng.range(0.3F, 0.7F);
  wind_ = rng.range(0.006F, 0.02F);
  if (!rng.chance(0.5F)) wind_ = -wind_;
}

Rgb Sky::clear(Vec2 p) const {
  const float up = most(p.y, 0);
  Rgb c = mix(day_.horizon, day_.zenith, 1 - 1 / (1 + 4.5F * up));
  const Vec2 d = p - sun_;
  const float far = dot(d, d);
  c += day_.sun * (0.05F / (0.12F + 9 * far));
  return c;
}

Rgb Sky::at(Vec2 p, float t, float pixel) const {
  const Vec2 d = p - sun_;
  Rgb c = clear(p);
  const float disc = coverage(length(d) - 0.028F, 3 * pixel);
  c += day_.sun * (6 * disc * (1 - 0.5F * day_.haze));
  if (stars_) c += Rgb{1, 1, 1} * (stars(p, t, pixel) * smoothstep(0.02F, 0.2F, p.y));

  // A flat layer of cloud seen from below: distance squeezes it towards the horizon.
  const float depth = 1 / (most(p.y, 0) + 0.12F);
  const Vec2 q{p.x * depth * 0.16F + origin_.x + wind_ * t, depth * 0.22F + origin_.y};
  const float footprint = pixel * 0.2F * depth * depth;
  const auto& texture = soft_fractal();
  const Vec2 evolve{0.35F + 0.006F * t, 0.71F - 0.004F * t};
  const float shape = 0.75F * texture.tiled(q, footprint) +
                      0.35F * texture.tiled(q * 2.7F + evolve, footprint * 2.7F);
  const float density = smoothstep(0.30F - 0.5F * cover_, 0.62F - 0.42F * cover_, shape);
  if (density <= 0) return c;
  // Lit where it thins towards the sun, silver where the sun stands behind.
  const Vec2 to_sun = (sun_ - p) * (0.02F / (0.15F + length(d)));
  const float shade =
      unit_clamp(0.55F + 1.6F * (shape - texture.tiled(q + Vec2{to_sun.x, -to_sun.y}, footprint)));
  const float halo = 1 / (1 + 14 * dot(d, d));
  const Rgb lit = day_.ambient * 0.8F + day_.sun * (0.22F * shade + 0.25F * halo);
  const Rgb body = mix(day_.ambient * 0.55F + day_.horizon * 0.25F, lit, shade);
  return mix(c, body, density * smoothstep(0.0F, 0.07F, p.y) * 0.92F);
}

}  // namespace videogen::scenes
