// Boats at anchor in a bay, rocking on waves that mirror the sky.
//
// The water is a plane below the eye: a point at depth z (in eye heights) and height h appears
// at (x / z, horizon + (h − 1) / z), so sideways drift of the camera gives true parallax.
#include <algorithm>
#include <array>
#include <vector>

#include "scenes/camera_internal.h"
#include "scenes/daylight_internal.h"
#include "scenes/scenes_internal.h"
#include "scenes/shapes_internal.h"
#include "scenes/texture_internal.h"

namespace videogen::scenes {
namespace {

constexpr float kHorizon = 0.07F;

struct Boat {
  Vec2 place;     // across, and depth
  float size;     // length of the hull, eye heights
  float speed;    // across, eye heights a second
  float phase;    // of its rocking
  bool sails;     // else a cabin and a short mast
  bool leftward;  // where its bow points
  Rgb hull, stripe, canvas;

  // Light and coverage at a point in hull lengths: u towards the bow, v above the water.
  [[nodiscard]] Rgba look(Vec2 p, float pixel, const Daylight& day, float side) const;

 private:
  [[nodiscard]] Rgba hull_at(Vec2 p, float pixel, const Daylight& day) const;
  [[nodiscard]] Rgba cabin_at(Vec2 p, float pixel, const Daylight& day) const;
  [[nodiscard]] Rgba rig_at(Vec2 p, float pixel, const Daylight& day, float side) const;
};

Rgba Boat::hull_at(Vec2 p, float pixel, const Daylight& day) const {
  const float deck = 0.115F + 0.16F * square(p.x) + 0.05F * p.x;
  const float rise = unit_clamp(p.y / deck);
  const float beam = 0.5F - 0.10F * square(1 - rise);
  const float d = most(std::fabs(p.x) - beam, most(p.y - deck, -0.05F - p.y));
  const float cover = coverage(d, pixel);
  if (cover <= 0) return {};
  Rgb c = mix(hull, stripe, coverage(std::fabs(rise - 0.78F) - 0.09F, 6 * pixel));
  c = mix(c, srgb(0x6A2A22), coverage(p.y - 0.022F, pixel));
  const float planks = 0.9F + 0.1F * noise(Vec2{p.x * 7, p.y * 90}, 3);
  // The side turns upwards to the sky at the gunwale and away from it at the water.
  const Rgb light = day.ambient * (0.35F + 0.55F * rise) + day.sun * (0.10F + 0.16F * rise);
  return tinted(c * light * (planks * (1.05F - 0.25F * p.x)), cover);
}

Rgba Boat::cabin_at(Vec2 p, float pixel, const Daylight& day) const {
  const float height = sails ? 0.19F : 0.33F;
  const Vec2 centre{sails ? -0.12F : -0.05F, height * 0.5F + 0.05F};
  const float d = rectangle(p, centre, {sails ? 0.17F : 0.14F, height * 0.5F}) - 0.012F;
  const float cover = coverage(d, pixel);
  if (cover <= 0) return {};
  Rgb c = srgb(0xE9E4D8) * (day.ambient * 0.75F + day.sun * 0.22F);
  c = mix(c, c * 0.55F, coverage(std::fabs(p.y - centre.y - height * 0.5F) - 0.012F, pixel));
  const float pane = std::fabs(fraction((p.x - centre.x) / 0.085F) - 0.5F) * 0.085F - 0.028F;
  const float glass = most(pane, std::fabs(p.y - height * 0.78F) - 0.034F);
  const Rgb window = mix(day.zenith * 0.35F, Rgb{2.6F, 1.6F, 0.7F}, day.lamps);
  c = mix(c, window, coverage(glass, pixel));
  return tinted(c, cover);
}

Rgba Boat::rig_at(Vec2 p, float pixel, const Daylight& day, float side) const {
  const float top = sails ? 1.32F : 0.72F;
  const Rgb wood = srgb(0x6B4A32) * (day.ambient * 0.6F + day.sun * 0.25F);
  Rgba c = tinted(wood, coverage(stroke(p, {0.06F, 0.1F}, {0.06F, top}, 0.020F, 0.012F), pixel));
  const Rgb rope = srgb(0x2A2622) * (day.ambient * 0.8F);
  const auto stay = [&](Vec2 a, Vec2 b) {
    const float thick = most(0.004F, 0.6F * pixel);
    return tinted(rope, 0.8F * coverage(stroke(p, a, b, thick, thick), pixel));
  };
  c = over(c, stay({0.06F, top}, {0.49F, 0.19F}));
  c = over(c, stay({0.06F, top}, {-0.49F, 0.17F}));
  if (!sails) return c;
  // Sails belly with the wind: their edges are arcs, their shade follows the curve.
  const float belly = 0.05F * (p.y - 0.25F) * (1.3F - p.y);
  const Vec2 q{p.x - belly, p.y};
  const float main = triangle(q, {0.045F, 1.27F}, {0.045F, 0.26F}, {-0.45F, 0.27F});
  const float jib = triangle(q, {0.09F, 1.16F}, {0.47F, 0.22F}, {0.10F, 0.27F});
  const float cover = coverage(least(main, jib), pixel);
  if (cover <= 0) return c;
  const float fold =
      0.86F + 0.10F * sine(p.x * 1.7F + p.y * 0.6F) + 0.07F * noise(Vec2{p.x * 9, p.y * 4}, 11);
  const float seam = 1 - 0.14F * coverage(std::fabs(fraction(p.y * 5.5F) - 0.5F) / 5.5F - 0.003F,
                                          most(pixel, 0.004F));
  const Rgb light = day.ambient * 0.7F + day.sun * (0.28F + 0.16F * side);
  return over(c, tinted(canvas * light * (fold * seam), cover));
}

Rgba Boat::look(Vec2 p, float pixel, const Daylight& day, float side) const {
  if (leftward) p.x = -p.x;
  if (p.y > 1.4F || p.y < -0.06F || std::fabs(p.x) > 0.62F) return {};
  Rgba c = hull_at(p, pixel, day);
  if (c.cover >= 1) return c;
  c = over(c, rig_at(p, pixel, day, side));
  return over(c, cabin_at(p, pixel, day));
}

class Harbour final : public Scene {
 public:
  explicit Harbour(const Script& script) : Harbour(script, Rng(script.seed, 1)) {}
  Harbour(const Script& script, Rng rng)
      : day_(draw_daylight(rng, kHours)),
        sky_(rng, day_),
        camera_(rng, {.pan = 0.5F, .tilt = 0.012F, .zoom = 0.04F, .shake = 0.0025F}),
        hills_(rng.bits()),
        crests_{Skyline(hills_, 5), Skyline(hills_ + 10, 5)},
        swell_(rng.range(0.7F, 1.3F)) {
    Rng cast(script.cast, 2);
    const int count = 4 + cast.below(4);
    for (int i = 0; i < count; ++i) boats_.push_back(draw_boat(cast, script.aspect, i, count));
    std::sort(boats_.begin(), boats_.end(),
              [](const Boat& a, const Boat& b) { return a.place.y > b.place.y; });
  }

  void paint(float t, Film& film) const override {
    const float pixel = film.pixel();
    const Camera::View view = camera_.at(t);
    film.expose([&](Vec2 picture) {
      const Vec2 p = turned(picture, view.roll) * (1 / view.zoom) + Vec2{0, view.shift.y};
      return p.y > kHorizon ? backdrop({p.x, p.y - kHorizon}, t, pixel, view.shift.x)
                            : water(p, t, pixel, view.shift.x);
    });
    for (const Boat& boat : boats_) draw_boat_on(film, boat, t, view);
  }

  [[nodiscard]] Grade grade() const override {
    return {.exposure = 1.05F, .bloom = 0.07F, .vignette = 0.28F, .grain = 0.011F};
  }

 private:
  static constexpr std::array kHours{Hour::dawn, Hour::noon, Hour::golden, Hour::dusk, Hour::night};

  static Boat draw_boat(Rng& rng, float aspect, int i, int count) {
    static const std::array paints{srgb(0xE8E6DF), srgb(0x1F3F66), srgb(0x8C2B24),
                                   srgb(0x2E5B4A), srgb(0xC9A24B), srgb(0x30343B)};
    static const std::array cloths{srgb(0xF1EDE2), srgb(0xF1EDE2), srgb(0xB5573A), srgb(0xD9C08C)};
    Boat boat;
    const float depth = 3.4F + 9.5F * (float(i) + rng.unit()) / float(count);
    const float slot = (float(i * 5 % count) + rng.range(0.2F, 0.8F)) / float(count) - 0.5F;
    boat.place = {slot * depth * aspect * 1.25F, depth};
    boat.size = rng.range(1.3F, 2.0F);
    boat.sails = rng.chance(0.65F);
    boat.leftward = rng.chance(0.5F);
    boat.speed = (boat.leftward ? -1.0F : 1.0F) * (boat.sails ? rng.range(0.04F, 0.16F) : 0.01F);
    boat.phase = rng.unit();
    boat.hull = rng.pick(std::span<const Rgb>(paints));
    boat.stripe = rng.pick(std::span<const Rgb>(paints));
    boat.canvas = rng.pick(std::span<const Rgb>(cloths));
    return boat;
  }

  // Sky and two ranges of hills; y from the horizon up.
  [[nodiscard]] Rgb backdrop(Vec2 p, float t, float pixel, float pan) const {
    Rgb c = sky_.at(p, t, pixel);
    for (int range = 0; range < 2; ++range) {
      const float near = float(range);
      const float x = p.x + pan * (0.05F + 0.07F * near);
      const std::uint32_t seed = hills_ + 10 * std::uint32_t(range);
      const float crest =
          (0.10F - 0.05F * near) * (0.9F + crests_[std::size_t(range)].at(x * (1.6F + near)));
      const float cover = coverage(p.y - crest, pixel * 1.3F);
      if (cover <= 0) continue;
      const float growth =
          0.75F + 0.5F * rough_fractal().tiled(Vec2{x * 1.6F, p.y * 3.0F}, pixel * 3);
      Rgb land =
          mix(srgb(0x4E5D3C), srgb(0x6B6250), 0.5F + 0.5F * noise(Vec2{x * 9, p.y * 20}, seed));
      land = land * (day_.ambient * 0.6F + day_.sun * 0.14F) * growth;
      land = mix(land, sky_.clear({p.x, 0.02F}), day_.haze * (0.85F - 0.35F * near));
      if (range == 1) land += village(Vec2{x, p.y}, crest, pixel);
      c = mix(c, land, cover);
    }
    return c;
  }

  // Houses along the far shore, their windows lit when it is dark.
  [[nodiscard]] Rgb village(Vec2 p, float crest, float pixel) const {
    const float cell = 0.021F;
    const int i = floor_int(p.x / cell);
    const std::uint32_t h = hash(i, 7, hills_);
    if ((h & 7U) > 4U || crest < 0.012F) return {};
    const float height = 0.008F + 0.009F * to_unit(h);
    const Vec2 local{fraction(p.x / cell) * cell - cell * 0.5F, p.y - height * 0.5F};
    const float wall = rectangle(local, {0, 0}, {cell * 0.36F, height * 0.5F});
    const Rgb tint = mix(srgb(0xE6D5B8), srgb(0xB56B4D), to_unit(hash(h)));
    Rgb c = tint * (day_.ambient * 0.3F + day_.sun * 0.10F) * coverage(wall, pixel);
    const float pane = rectangle(local, {0.002F, 0}, {0.0022F, 0.0022F});
    const bool lit = to_unit(hash(h + 9)) < day_.lamps;
    if (lit) c += Rgb{3.0F, 1.7F, 0.6F} * coverage(pane, pixel);
    return c;
  }

  // Of the waves: long ones that come nearer, short ones across them.
  [[nodiscard]] Vec2 slope(Vec2 q, float t, float footprint) const {
    const Vec2 along{q.x * 0.045F + 0.012F * t, q.y * 0.060F + 0.016F * t};
    const Vec2 across{q.x * 0.13F - 0.021F * t + 0.4F, q.y * 0.16F + 0.013F * t};
    return (soft_slopes().tiled(along, footprint * 0.06F) * 1.1F +
            soft_slopes().tiled(across, footprint * 0.16F) * 0.9F) *
           (0.006F * swell_);
  }

  [[nodiscard]] Rgb water(Vec2 p, float t, float pixel, float pan) const {
    const float below = most(kHorizon - p.y, 0.25F * pixel);
    const float z = 1 / below;
    const Vec2 q{p.x * z + pan, z};
    const Vec2 s = slope(q, t, pixel * z * std::sqrt(z));
    // Waves tilt the mirror; near the horizon only their crests are seen, which lifts it.
    const Vec2 tilt{s.x * 0.55F, s.y * 0.75F};
    const Vec2 mirrored{p.x + tilt.x, std::fabs(below + tilt.y * (0.3F + below)) + 0.02F};
    const float facing = unit_clamp(1.3F * below - 0.9F * s.y);
    const float fresnel = 0.08F + 0.85F * square(square(1 - facing));
    Rgb sky = backdrop(mirrored, t, pixel * 3, pan);
    for (const Boat& boat : boats_) sky = over(reflection(boat, p, tilt, t, pixel, pan), sky);
    const Rgb deep = mix(srgb(0x0B2A3A), srgb(0x1E5A5E), unit_clamp(0.5F + 3 * s.y)) *
                     (day_.ambient + day_.sun * 0.18F);
    Rgb c = mix(deep, sky, fresnel);
    // The glitter path: facets that happen to mirror the sun.
    const float off = p.x - sky_.sun().x + s.x * 1.4F;
    const float sparkle = smoothstep(0.03F, 0.16F, s.y + 0.6F * std::fabs(s.x));
    c += day_.sun * (1.3F * sparkle / (1 + 160 * square(off)));
    return mix(c, sky_.clear({p.x, 0.01F}), 0.6F * day_.haze * smoothstep(25, 90, z));
  }

  struct Pose {
    Vec2 foot;    // on the picture plane, where the hull meets the water
    float scale;  // picture heights a hull length
    float roll;   // turns
  };
  [[nodiscard]] Pose pose(const Boat& boat, float t, float pan) const {
    const float z = boat.place.y;
    const float x = boat.place.x + boat.speed * t;
    const float bob = 0.02F * swell_ * (sine(0.21F * t + boat.phase) + 0.5F * sine(0.47F * t));
    const float roll =
        0.006F * swell_ * (sine(0.27F * t + 2 * boat.phase) + 0.4F * sine(0.61F * t + boat.phase));
    return {{(x - pan) / z, kHorizon + (bob - 1) / z}, boat.size / z, roll};
  }

  [[nodiscard]] Rgba reflection(const Boat& boat, Vec2 p, Vec2 tilt, float t, float pixel,
                                float pan) const {
    const Pose at = pose(boat, t, pan);
    const float depth = at.foot.y - p.y;
    if (depth < 0 || depth > 1.5F * at.scale) return {};
    if (std::fabs(p.x - at.foot.x) > at.scale) return {};
    const float spread = 0.25F * at.scale + depth;
    const Vec2 q{p.x - at.foot.x + tilt.x * spread, depth + tilt.y * spread * 0.5F};
    const Rgba c = boat.look(turned(q * (1 / at.scale), at.roll), 2.5F * pixel / at.scale, day_,
                             sky_.sun().x > p.x ? 1.0F : 0.0F);
    return c * 0.85F;
  }

  void draw_boat_on(Film& film, const Boat& boat, float t, const Camera::View& view) const {
    const Pose at = pose(boat, t, view.shift.x);
    const Vec2 centre = turned(at.foot - Vec2{0, view.shift.y}, -view.roll) * view.zoom;
    const float scale = at.scale * view.zoom;
    const float pixel = film.pixel() / scale;
    const float side = sky_.sun().x > at.foot.x ? 1.0F : 0.0F;
    const Rgb haze = sky_.clear({centre.x, 0.02F});
    const float far = day_.haze * 0.45F * smoothstep(4, 16, boat.place.y);
    film.draw({centre - Vec2{scale, 0.2F * scale}, centre + Vec2{scale, 1.5F * scale}},
              [&](Vec2 picture) {
                const Vec2 q = turned((picture - centre) * (1 / scale), view.roll - at.roll);
                Rgba c = boat.look(q, pixel, day_, side);
                // A wave crosses the waterline.
                c = c * coverage(0.006F * sine(3 * q.x + 0.4F * t + boat.phase) - q.y, 2 * pixel);
                c.light = mix(c.light, haze * c.cover, far);
                return c;
              });
  }

  const Daylight& day_;
  Sky sky_;
  Camera camera_;
  std::uint32_t hills_;
  std::array<Skyline, 2> crests_;
  float swell_;
  std::vector<Boat> boats_;
};

}  // namespace

std::unique_ptr<Scene> make_harbour(const Script& script) {
  return std::make_unique<Harbour>(script);
}

}  // namespace videogen::scenes
