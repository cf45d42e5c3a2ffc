// A walk through a wood: trunks pass, leaves stir, sun falls in shafts through the mist.
//
// Things stand at (x, z) on the ground, metres, and appear at (x, h − eye) / z; they are
// stamped from far to near, each a little more in the mist than the next.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "scenes/camera_internal.h"
#include "scenes/daylight_internal.h"
#include "scenes/scenes_internal.h"
#include "scenes/shapes_internal.h"
#include "scenes/sprite_internal.h"

namespace videogen::scenes {
namespace {

constexpr float kEye = 1.65F, kGap = 0.8F, kFar = 42;

struct Season {
  Foliage foliage;
  Rgb litter, path, bark;
  Rgb mist, sun;
};

const std::array<Season, 4>& seasons() {
  static constexpr std::array<Season, 4> kSeasons{{
      // High summer.
      {{srgb(0x14260F), srgb(0x3F6B22), srgb(0xA9C24A)},
       srgb(0x4A4424),
       srgb(0x6E5C40),
       srgb(0x4A4036),
       srgb(0xB7CBA0),
       srgb(0xFFF0B8) * 1.5F},
      // Autumn.
      {{srgb(0x3A1F0E), srgb(0xB5651D), srgb(0xF0B53A)},
       srgb(0x7A4A22),
       srgb(0x6A523A),
       srgb(0x4B3D33),
       srgb(0xE0C49A),
       srgb(0xFFD48A) * 1.6F},
      // A cold, misty morning.
      {{srgb(0x10221F), srgb(0x33594A), srgb(0x7E9E80)},
       srgb(0x39382A),
       srgb(0x565046),
       srgb(0x37342F),
       srgb(0xAEC0C6),
       srgb(0xE4ECEC) * 1.0F},
      // Spring, evening.
      {{srgb(0x1D3316), srgb(0x6C9A2F), srgb(0xE2E27A)},
       srgb(0x55502A),
       srgb(0x75604A),
       srgb(0x54463A),
       srgb(0xDDD3A8),
       srgb(0xFFDFA0) * 1.7F},
  }};
  return kSeasons;
}

class Forest final : public Scene {
 public:
  explicit Forest(const Script& script) : Forest(script, Rng(script.seed, 1)) {}
  Forest(const Script& script, Rng rng)
      : season_(seasons()[static_cast<std::size_t>(rng.below(4))]),
        camera_(rng, {.pan = 0.25F, .tilt = 0.015F, .zoom = 0.02F, .shake = 0.008F}),
        speed_(rng.range(0.35F, 0.6F)),
        gait_(rng.range(0.85F, 1.0F)),
        sun_side_(rng.chance(0.5F) ? 1.0F : -1.0F),
        density_(rng.range(0.022F, 0.045F)) {
    Rng cast(script.cast, 2);
    trees_ = cast.bits();
    for (auto& clump : clumps_) clump = paint_leaves(cast, season_.foliage);
    for (auto& fern : ferns_) fern = paint_fern(cast, season_.foliage);
  }

  void paint(float t, Film& film) const override;
  [[nodiscard]] Grade grade() const override {
    return {.exposure = 1.0F, .bloom = 0.09F, .vignette = 0.4F, .grain = 0.012F};
  }

 private:
  struct Walk {
    float t, way, side;
    Camera::View view;
    float bob, pixel;
    [[nodiscard]] Vec2 picture(float x, float h, float z) const {
      const Vec2 p{(x - side) / z, (h - kEye - bob) / z + 0.03F + view.shift.y};
      return turned(p, -view.roll) * view.zoom;
    }
    [[nodiscard]] float scale(float z) const { return view.zoom / z; }
  };

  [[nodiscard]] Rgb misty(Rgb c, float z) const {
    return mix(c, season_.mist * 0.85F, 1 - exponential(-z * density_));
  }
  [[nodiscard]] Rgb backdrop(Vec2 p, const Walk& walk) const;
  [[nodiscard]] Rgb ground(Vec2 p, const Walk& walk) const;
  void draw_trunk(Film& film, const Walk& walk, std::uint32_t h, float x, float z) const;
  void stamp(Film& film, const Walk& walk, const Texture<Rgba>& sprite, Vec2 centre, float half,
             float z, float phase) const;
  void draw_shafts(Film& film, const Walk& walk) const;
  void draw_slot(Film& film, const Walk& walk, int slot, float z) const;

  const Season& season_;
  Camera camera_;
  float speed_, gait_, sun_side_, density_;
  std::uint32_t trees_ = 0;
  std::array<Texture<Rgba>, 2> clumps_;
  std::array<Texture<Rgba>, 2> ferns_;
};

// What shows between the trees: mist, far foliage with holes of sky.
Rgb Forest::backdrop(Vec2 p, const Walk& walk) const {
  const Vec2 q{p.x + 0.05F * walk.side, p.y};
  const float leaves =
      soft_fractal().tiled(q * Vec2{0.55F, 0.55F}.x + Vec2{0.3F, 0.002F * walk.t}, walk.pixel);
  const float stems = noise(q.x * 34, trees_) + 0.6F * noise(q.x * 71, trees_ + 1);
  Rgb c = season_.mist * (0.62F + 0.5F * smoothstep(-0.1F, 0.35F, p.y));
  c = mix(c, misty(season_.foliage.leaf * 0.7F, 22),
          0.75F * smoothstep(-0.12F, 0.2F, leaves + 0.5F * p.y));
  c = mix(c, misty(season_.bark * 0.5F, 30),
          0.45F * smoothstep(0.35F, 0.75F, stems) * smoothstep(0.4F, 0.0F, p.y));
  const Vec2 d = p - Vec2{0.35F * sun_side_, 0.38F};
  return c + season_.sun * (0.35F / (0.35F + 7 * dot(d, d))) *
                 (0.45F + smoothstep(-0.1F, 0.3F, -leaves));
}

Rgb Forest::ground(Vec2 p, const Walk& walk) const {
  const float z = (kEye + walk.bob) / most(-p.y, 0.5F * walk.pixel);
  const float x = p.x * z + walk.side;
  const float along = z + walk.way;
  const float footprint = walk.pixel * z * std::sqrt(z / kEye);
  const Vec2 q{x, along};
  const float litter = rough_fractal().tiled(q * 0.42F, footprint * 0.42F);
  const float crumbs = rough_fractal().tiled(q * 1.7F, footprint * 1.7F);
  const float patches = soft_fractal().tiled(q * 0.06F, footprint * 0.06F);
  const float bend = 0.9F * noise(along * 0.11F, trees_);
  const float trodden = smoothstep(1.0F, 0.45F, std::fabs(x - bend) + 0.5F * patches);
  Rgb c = mix(season_.litter * (0.9F + 0.9F * litter), season_.foliage.leaf * 0.55F,
              smoothstep(0.02F, 0.25F, patches + 0.3F * litter));
  c = mix(c, season_.path * (0.95F + 0.5F * litter), trodden);
  c = c * (0.8F + 0.8F * crumbs);
  // Sun through the leaves.
  const float dapple = soft_fractal().tiled(
      q * 0.13F + Vec2{0.2F + 0.004F * sine(0.2F * walk.t), 0.6F}, footprint * 0.13F);
  const float sun = smoothstep(0.06F, 0.26F, dapple + 0.02F * sine(0.31F * walk.t + x));
  c = c * (season_.mist * 0.55F + season_.sun * (0.95F * sun));
  return misty(c, z);
}

void Forest::draw_trunk(Film& film, const Walk& walk, std::uint32_t h, float x, float z) const {
  const float radius = 0.13F + 0.26F * square(to_unit(hash(h + 1)));
  const float lean = 0.06F * (to_unit(hash(h + 2)) - 0.5F);
  const Vec2 foot = walk.picture(x, 0, z);
  const float scale = walk.scale(z);
  const float half = radius * scale;
  if (std::fabs(foot.x) > 0.5F * film.aspect() + 3 * half) return;
  const float pixel = walk.pixel / scale;
  const float own = to_unit(hash(h + 3));
  film.draw(
      {foot - Vec2{3 * half, 0.06F * scale}, {foot.x + 3 * half + 0.05F, 0.6F}}, [&](Vec2 picture) {
        const Vec2 p = (picture - foot) * (1 / scale);  // metres
        if (std::fabs(p.x - lean * p.y) > 2 * radius + 0.08F) return Rgba{};
        const float flare = 1 + 0.9F * exponential(-most(p.y, 0) * 3.2F);
        const float wobble = 0.05F * noise(p.y * 1.3F + own * 50, 3);
        const float middle = lean * p.y + wobble;
        const float edge =
            radius * flare * (1 - 0.018F * p.y) + 0.012F * noise(Vec2{p.y * 7, own * 9}, 8);
        const float across = (p.x - middle) / edge;
        const float cover = coverage(std::fabs(p.x - middle) - edge, pixel) *
                            coverage(-p.y - 0.03F - 0.03F * noise(p.x * 9, 4), 0.03F);
        if (cover <= 0) return Rgba{};
        // Bark wraps around the trunk: its furrows crowd towards the edges.
        const float around_trunk = across * (1 + 0.35F * across * across);
        const Vec2 q{around_trunk * radius * 1.5F + own * 7, p.y * 0.16F + own * 3};
        const float furrow = rough_fractal().tiled({q.x * 0.9F, q.y}, pixel * 0.9F);
        const float moss = smoothstep(0.05F, 0.4F,
                                      soft_fractal().tiled(q * 0.5F, pixel) +
                                          0.25F * exponential(-p.y) - 0.25F * across * sun_side_);
        Rgb c = season_.bark * (0.75F + 1.3F * furrow);
        c = mix(c, season_.foliage.leaf * 0.5F, 0.7F * moss);
        const float facing = 1 - across * across;
        const float rim = smoothstep(0.3F, 1.0F, across * sun_side_);
        c = c * (season_.mist * (0.35F + 0.4F * facing) + season_.sun * (0.75F * rim));
        return tinted(misty(c, z), cover);
      });
}

void Forest::stamp(Film& film, const Walk& walk, const Texture<Rgba>& sprite, Vec2 centre,
                   float half, float z, float phase) const {
  const bool mirrored = phase < 0.5F;
  // Near leaves are out of focus.
  const float blur = 1 + 9 * smoothstep(2.6F, 1.2F, z);
  const float footprint = 0.5F * walk.pixel / half * blur;
  const Rgb veil = season_.mist * 0.85F;
  const float air = 1 - exponential(-z * density_);
  const float gust = 0.6F + 0.4F * noise(0.35F * walk.t + phase * 3, 21);
  const float sway = 0.018F * gust * sine(0.33F * walk.t + phase);
  film.draw(around(centre, {half, half}), [&](Vec2 p) {
    Vec2 uv{0.5F + 0.5F * (p.x - centre.x) / half, 0.5F + 0.5F * (p.y - centre.y) / half};
    uv.x += sway * uv.y + 0.004F * gust * sine(0.9F * walk.t + 3 * uv.y + 5 * uv.x + phase);
    uv.y += 0.004F * gust * sine(0.7F * walk.t + 4 * uv.x + phase);
    if (mirrored) uv.x = 1 - uv.x;
    Rgba c = sprite.single(uv, footprint);
    c.light = mix(c.light * (season_.mist * 0.5F + season_.sun * 0.42F), veil * c.cover, air);
    return c;
  });
}

// What stands in one slot of the way: perhaps a tree, undergrowth, leaves overhead.
void Forest::draw_slot(Film& film, const Walk& walk, int slot, float z) const {
  const std::uint32_t h = hash(slot, 3, trees_);
  const float side = (slot & 1) ? 1.0F : -1.0F;
  const float x = side * (1.7F + 11 * square(to_unit(h)));
  const float phase = to_unit(hash(h + 11));
  const float scale = walk.scale(z);
  if (z > 1.6F && to_unit(hash(h + 5)) < 0.72F) draw_trunk(film, walk, h, x, z);
  if (to_unit(hash(h + 6)) < 0.7F && z < 26) {
    const float size = 0.45F + 0.5F * to_unit(hash(h + 7));
    const Vec2 foot = walk.picture(side * (1.15F + 4.5F * to_unit(hash(h + 8))), 0, z);
    const float half = size * scale;
    stamp(film, walk, ferns_[h & 1U], foot + Vec2{0, 0.93F * half}, half, z, phase);
  }
  if (to_unit(hash(h + 9)) < 0.8F) {
    const float size = 1.0F + 1.3F * to_unit(hash(h + 10));
    const float height = 3.1F + 3.0F * to_unit(hash(h + 12));
    const Vec2 at = walk.picture(side * (0.8F + 7.0F * to_unit(hash(h + 13))), height, z);
    stamp(film, walk, clumps_[(h >> 4) & 1U], at, size * scale, z, phase);
  }
}

void Forest::draw_shafts(Film& film, const Walk& walk) const {
  const float slant = -0.55F * sun_side_;
  const float half = 0.5F * film.aspect();
  film.draw({{-half, -0.35F}, {half, 0.5F}}, [&](Vec2 p) {
    const float across = p.x + slant * (0.5F - p.y) + 0.15F * walk.side;
    const float beams =
        noise(across * 5 + 0.02F * walk.t, 31) + 0.5F * noise(across * 13 - 0.03F * walk.t, 32);
    const float dust =
        0.8F +
        0.5F * soft_fractal().tiled(p * 0.5F + Vec2{0.01F * walk.t, 0.004F * walk.t}, walk.pixel);
    const float fall =
        smoothstep(-0.35F, 0.45F, p.y) * (0.5F + 0.5F * smoothstep(-half, half, p.x * sun_side_));
    return Rgba{season_.sun * (0.20F * fall * dust * smoothstep(0.1F, 0.9F, beams)), 0};
  });
}

void Forest::paint(float t, Film& film) const {
  Walk walk{};
  walk.t = t;
  walk.view = camera_.at(t);
  walk.way = speed_ * t + 0.02F * sine(2 * gait_ * t);
  walk.side = walk.view.shift.x + 0.025F * sine(gait_ * t);
  walk.bob = 0.028F * std::fabs(sine(gait_ * t));
  walk.pixel = film.pixel() / walk.view.zoom;
  film.expose([&](Vec2 picture) {
    const Vec2 p =
        turned(picture, walk.view.roll) * (1 / walk.view.zoom) - Vec2{0, 0.03F + walk.view.shift.y};
    const Rgb far = p.y > -0.05F ? backdrop(p, walk) : Rgb{};
    if (p.y >= -0.001F) return far;
    return mix(far, ground(p, walk), smoothstep(0.0F, -0.05F, p.y));
  });
  const int first = floor_int(walk.way / kGap) + 1;
  for (int slot = first + int(kFar / kGap); slot >= first; --slot) {
    const float z = float(slot) * kGap - walk.way + 0.9F;
    draw_slot(film, walk, slot, z);
  }
  draw_shafts(film, walk);
}

}  // namespace

std::unique_ptr<Scene> make_forest(const Script& script) {
  return std::make_unique<Forest>(script);
}

}  // namespace videogen::scenes
