#include "scenes/car_internal.h"

#include <array>

#include "scenes/noise_internal.h"
#include "scenes/shapes_internal.h"

namespace videogen::scenes {

Car draw_car(Rng& rng) {
  static constexpr std::array kPaints{srgb(0xB3262B), srgb(0xE4E6E8), srgb(0x1C2B4A),
                                      srgb(0x2D2F33), srgb(0x9DA3A8), srgb(0xC9A23A)};
  Car car;
  car.paint = rng.pick(std::span<const Rgb>(kPaints));
  car.lorry = rng.chance(0.25F);
  return car;
}

Rgba Car::look(Vec2 p, End end, float pixel, const Daylight& day) const {
  const bool front = end == End::front;
  const float half = lorry ? 1.15F : 0.88F;
  const float height = lorry ? 3.2F : 1.42F;
  const Rgb light = day.ambient * 0.8F + day.sun * 0.22F;
  Rgba c{{}, 0.6F * coverage(ellipse(p, {0, 0.02F}, {half * 1.25F, 0.13F}), 0.15F)};
  for (const float side : {-1.0F, 1.0F}) {
    const float tyre = rectangle(p, {side * (half - 0.14F), 0.25F}, {0.10F, 0.22F}) - 0.03F;
    c = over(tinted(srgb(0x141416) * light, coverage(tyre, pixel)), c);
  }

  const float narrow = lorry ? 0 : 0.24F * smoothstep(0.75F, height, p.y);
  const float body = rectangle(p, {0, 0.5F * (height + 0.3F)},
                               {half - 0.08F - narrow, 0.5F * (height - 0.3F) - 0.08F}) -
                     0.08F;
  float gloss = 0.55F + 0.5F * smoothstep(0.3F, height, p.y) -
                0.25F * coverage(std::fabs(p.y - 0.62F) - 0.03F, 0.05F);
  if (lorry && !front) {  // doors, their bars, and the dust of the road
    const float seam = least(std::fabs(p.x), std::fabs(std::fabs(p.x) - 0.55F)) - 0.012F;
    gloss = gloss * (1 - 0.45F * coverage(seam, most(pixel, 0.02F)));
    gloss *= 0.72F + 0.28F * smoothstep(0.4F, 1.9F, p.y + 0.3F * noise(p * 3, 4));
  }
  c = over(tinted(paint * light * gloss, coverage(body, pixel)), c);

  const float glass_top = lorry ? (front ? 2.35F : 0.0F) : 1.3F;
  if (glass_top > 0) {
    const float pane = lorry ? 0.36F : 0.19F;
    const float glass =
        rectangle(p, {0, glass_top - pane}, {half - 0.28F - 0.8F * narrow, pane}) - 0.04F;
    const Rgb mirrored =
        mix(day.zenith, day.horizon, 0.5F) * (0.22F + 0.3F * (p.y - glass_top + 2 * pane));
    c = over(tinted(mirrored, coverage(glass, pixel)), c);
  }
  if (front) {
    const float grille = rectangle(p, {0, 0.66F}, {0.42F, 0.09F}) - 0.02F;
    c = over(tinted(srgb(0x101114) * light, coverage(grille, pixel)), c);
  }
  const Rgb lamp = front ? Rgb{5.0F, 4.6F, 3.8F} : Rgb{2.2F, 0.10F, 0.06F};
  const float on = front ? 0.35F + 2.2F * day.lamps : 0.25F + 1.0F * day.lamps;
  for (const float side : {-1.0F, 1.0F}) {
    const float d = rectangle(p, {side * (half - 0.24F), 0.72F}, {0.10F, 0.06F}) - 0.03F;
    c = over(tinted(lamp * on, coverage(d, most(pixel, 0.03F))), c);
  }
  const float plate = rectangle(p, {0, 0.50F}, {0.24F, 0.055F});
  return over(tinted(srgb(0xD9D8CC) * light * 0.8F, coverage(plate, pixel)), c);
}

}  // namespace videogen::scenes
