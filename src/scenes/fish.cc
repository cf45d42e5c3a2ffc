#include "scenes/fish_internal.h"

#include <array>

#include "scenes/noise_internal.h"
#include "scenes/shapes_internal.h"

namespace videogen::scenes {
namespace {

struct Species {
  Rgb back, side, mark;
  Fish::Marks marks;
  float height;
};

constexpr std::array kSpecies{
    Species{srgb(0xE0701A), srgb(0xF58B2A), srgb(0xF4F1E8), Fish::Marks::bars, 0.42F},
    Species{srgb(0x1A3F9C), srgb(0x2F68D8), srgb(0xF2D22E), Fish::Marks::band, 0.46F},
    Species{srgb(0xC9A227), srgb(0xF6E27A), srgb(0x20242C), Fish::Marks::bars, 0.56F},
    Species{srgb(0x3C5A66), srgb(0xBFD3D6), srgb(0x2E5F86), Fish::Marks::band, 0.27F},
    Species{srgb(0x7A2A58), srgb(0xD8588A), srgb(0xF7D6E0), Fish::Marks::spots, 0.40F},
    Species{srgb(0x2A5F4A), srgb(0x7FB890), srgb(0xE8E6A8), Fish::Marks::spots, 0.34F},
};

}  // namespace

Fish draw_fish(Rng& rng) {
  const Species& species = rng.pick(std::span<const Species>(kSpecies));
  return {species.back,
          species.side,
          species.mark,
          species.marks,
          species.height * rng.range(0.9F, 1.1F),
          rng.bits()};
}

Rgba Fish::look(Vec2 p, float beat, float pixel, Rgb light, Rgb dim) const {
  // The wave runs from head to tail and grows on its way; seen from the side, most of it is
  // the tail growing shorter and longer.
  const float back_of = unit_clamp(0.6F - p.x);
  p.y += 0.05F * square(back_of) * sine(beat - 0.35F * back_of);
  const float shrink = 1 + 0.35F * square(back_of) * (0.5F + 0.5F * sine(beat + 0.2F));
  const float x = p.x < 0 ? p.x * shrink : p.x;

  const float k = unit_clamp(1 - square((x - 0.12F) / 0.9F));
  const float body = std::fabs(p.y) - height * (power(k, 0.75F) + 0.06F * (1 - k));
  const float trunk = most(body, most(x - 1, -0.82F - x));
  const float notch = 0.30F - 0.35F * std::fabs(p.y) / most(height, 0.1F);
  const float tail =
      most(std::fabs(p.y) - 0.10F - 0.85F * height * unit_clamp((-0.72F - x) / 0.42F),
           most(x + 0.72F, -1.30F + notch * 0.5F - x));
  const float dorsal =
      most(p.y - height * (0.75F + 0.75F * unit_clamp(0.55F - std::fabs(x + 0.1F))),
           most(-p.y, std::fabs(x + 0.1F) - 0.52F));
  const float anal = most(-p.y - height * (0.7F + 0.65F * unit_clamp(0.35F - std::fabs(x + 0.3F))),
                          most(p.y, std::fabs(x + 0.3F) - 0.3F));

  const float rays = 0.75F + 0.25F * sine(7 * p.y / (1.2F + x) + 5 * x);
  const Rgb fin_light = mix(dim, light, 0.6F) * rays;
  Rgba c = tinted(mix(side, back, 0.4F) * fin_light, 0.85F * coverage(tail, pixel));
  c = over(tinted(back * fin_light, 0.85F * coverage(least(dorsal, anal), pixel)), c);
  const float cover = coverage(trunk, pixel);
  if (cover <= 0) return c;

  const float up = p.y / most(height, 0.1F);
  Rgb skin = mix(side, back, smoothstep(0.0F, 0.75F, up));
  skin = mix(skin, Rgb{0.9F, 0.9F, 0.86F}, 0.6F * smoothstep(-0.15F, -0.8F, up));
  float drawn = 0;
  if (marks == Marks::bars) {
    const float bar = std::fabs(fraction(x * 1.45F + 0.1F * up * up + 0.28F) - 0.5F) / 1.45F;
    drawn = coverage(bar - 0.115F, most(pixel, 0.03F));
  } else if (marks == Marks::band) {
    drawn = coverage(std::fabs(up - 0.12F - 0.15F * x) - 0.20F, most(pixel / height, 0.06F));
  } else {
    drawn = smoothstep(0.35F, 0.5F, noise(Vec2{x * 9, p.y * 9}, seed));
  }
  skin = mix(skin, mark, 0.9F * drawn);
  const float scales = noise(Vec2{x * 26 + fraction(p.y * 13) * 0.7F, p.y * 26}, 4);
  skin = skin * (1 + 0.10F * scales);
  const float gill = std::fabs(length(Vec2{x - 0.36F, p.y * 0.8F}) - 0.22F);
  if (x < 0.5F)
    skin = skin * (1 - 0.30F * smoothstep(0.03F, 0.0F, gill) * (x > 0.1F ? 1.0F : 0.0F));
  const float round = unit_clamp(0.5F + 0.5F * up);
  Rgb shaded = skin * mix(dim, light, round);
  shaded += light * (0.25F * smoothstep(0.35F, 0.0F, std::fabs(up - 0.55F)) * k);

  const Vec2 eye{0.66F, 0.14F * height};
  shaded =
      mix(shaded, Rgb{0.75F, 0.72F, 0.6F} * light, coverage(disc({x, p.y}, eye, 0.085F), pixel));
  shaded = mix(shaded, Rgb{0.01F, 0.01F, 0.015F}, coverage(disc({x, p.y}, eye, 0.052F), pixel));
  shaded += light * (0.8F * coverage(disc({x, p.y}, eye + Vec2{-0.018F, 0.02F}, 0.014F), pixel));
  return over(tinted(shaded, cover), c);
}

}  // namespace videogen::scenes
