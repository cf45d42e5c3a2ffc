// A reef in shallow water: fish in schools, weed in the swell, light broken by the surface.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "scenes/camera_internal.h"
#include "scenes/daylight_internal.h"
#include "scenes/fish_internal.h"
#include "scenes/scenes_internal.h"
#include "scenes/shapes_internal.h"
#include "scenes/sprite_internal.h"

namespace videogen::scenes {
namespace {

constexpr float kFloor = -0.16F;  // picture height where the sand meets the blue

struct Water {
  Rgb surface, deep, sand, sun;
};
constexpr std::array kWaters{
    Water{srgb(0x8FE3E8), srgb(0x0B4F86), srgb(0xD9C99A), srgb(0xE8FBFF) * 1.5F},
    Water{srgb(0x6FD0D8), srgb(0x08395F), srgb(0xC9BC96), srgb(0xD8F4FF) * 1.3F},
    Water{srgb(0x9ADFC0), srgb(0x12554F), srgb(0xC2B485), srgb(0xF4FFE0) * 1.3F},
    Water{srgb(0x5A8FC8), srgb(0x0A1F4A), srgb(0x9FA0A0), srgb(0xB8D0FF) * 1.0F},
};

struct Swimmer {
  Fish fish;
  Vec2 place;         // at t = 0; x in picture heights at depth 1
  float depth;        // 1 near … 3.5 far
  float size;         // half length at depth 1
  float speed;        // along x, signed
  float phase, beat;  // of its path; beats a second
};

struct Coral {
  int sprite;
  Vec2 place;
  float depth, half, phase;
};

class Reef final : public Scene {
 public:
  explicit Reef(const Script& script) : Reef(script, Rng(script.seed, 1)) {}
  Reef(const Script& script, Rng rng)
      : water_(rng.pick(std::span<const Water>(kWaters))),
        camera_(rng, {.pan = 0.10F, .tilt = 0.025F, .zoom = 0.05F, .shake = 0.004F}),
        sun_x_(rng.range(-0.5F, 0.5F)),
        swell_(rng.range(0.13F, 0.2F)) {
    Rng cast(script.cast, 2);
    rocks_ = cast.bits();
    for (std::uint32_t i = 0; i < 3; ++i) ridges_.emplace_back(rocks_ + 17 * i, 5);
    for (auto& sprite : corals_) sprite = paint_coral(cast);
    add_corals(cast, script.aspect);
    const int schools = 1 + cast.below(2);
    for (int i = 0; i < schools; ++i) add_school(cast, script.aspect, 9 + cast.below(9));
    for (int i = 0; i < 4 + cast.below(4); ++i) add_school(cast, script.aspect, 1);
    std::sort(swimmers_.begin(), swimmers_.end(),
              [](const Swimmer& a, const Swimmer& b) { return a.depth > b.depth; });
    reach_ = 0.5F * script.aspect + 0.3F;
  }

  void paint(float t, Film& film) const override;
  [[nodiscard]] Grade grade() const override {
    return {.exposure = 1.0F, .bloom = 0.07F, .vignette = 0.4F, .grain = 0.011F};
  }

 private:
  static Texture<Rgba> paint_coral(Rng& rng);
  void add_corals(Rng& rng, float aspect);
  void add_school(Rng& rng, float aspect, int count);

  [[nodiscard]] Rgb veil(Rgb c, Vec2 p, float depth) const {
    return mix(blue(p), c, exponential(-0.42F * (depth - 0.6F)));
  }
  [[nodiscard]] Rgb blue(Vec2 p) const {
    const float up = smoothstep(-0.45F, 0.62F, p.y);
    const Vec2 d = p - Vec2{sun_x_, 0.6F};
    return mix(water_.deep, water_.surface, up * up) * (0.75F + 0.5F / (1 + 5 * dot(d, d)));
  }
  // Bright webs where the surface focuses the sun.
  [[nodiscard]] float caustics(Vec2 q, float t, float footprint) const {
    const auto& texture = soft_fractal();
    const float a = texture.tiled(q * 0.16F + Vec2{0.010F * t, 0.006F * t}, footprint * 0.16F);
    const float b =
        texture.tiled(q * 0.21F + Vec2{0.43F - 0.008F * t, 0.011F * t}, footprint * 0.21F);
    const float web = std::fabs(a) + 0.8F * std::fabs(b);
    return square(smoothstep(0.24F, 0.0F, web)) * 1.6F;
  }
  [[nodiscard]] Rgb backdrop(Vec2 p, float t, const Camera::View& view, float pixel) const;
  [[nodiscard]] Rgb sand(Vec2 p, float t, const Camera::View& view, float pixel) const;
  void draw_coral(Film& film, const Coral& coral, float t, const Camera::View& view) const;
  void draw_swimmer(Film& film, const Swimmer& swimmer, float t, const Camera::View& view) const;
  void draw_motes(Film& film, float t, const Camera::View& view) const;

  const Water& water_;
  Camera camera_;
  float sun_x_, swell_;
  float reach_ = 1;
  std::uint32_t rocks_ = 0;
  std::vector<Skyline> ridges_;
  std::array<Texture<Rgba>, 4> corals_;
  std::vector<Coral> garden_;
  std::vector<Swimmer> swimmers_;
};

// Branches that fork and fork again, or a dome of folds.
Texture<Rgba> Reef::paint_coral(Rng& rng) {
  static constexpr std::array kTints{srgb(0xC94F5A), srgb(0xE08A4A), srgb(0x8A5BA8),
                                     srgb(0xD8B25A), srgb(0x5E8F6A), srgb(0xB8577F)};
  const Rgb tint = rng.pick(std::span<const Rgb>(kTints));
  const std::uint32_t seed = rng.bits();
  Canvas canvas(256);
  if (rng.chance(0.4F)) {
    canvas.draw({{0, 0}, {1, 1}}, [&](Vec2 p) {
      const float d = ellipse(p, {0.5F, 0.05F}, {0.46F, 0.62F}) + 0.02F * noise(p * 9, seed);
      const Vec2 n{(p.x - 0.5F) / 0.46F, (p.y - 0.05F) / 0.62F};
      const float folds = sine(6 * p.x + 1.6F * noise(p * 7, seed) + 1.2F * noise(p * 15, seed));
      const float light = 0.25F + 0.75F * unit_clamp(n.y) - 0.2F * n.x;
      const float buried = smoothstep(0.01F, 0.07F, p.y + 0.03F * noise(p.x * 14, seed));
      return tinted(tint * (light * (0.8F + 0.3F * folds)),
                    buried * coverage(d, 2 * canvas.pixel()));
    });
    return std::move(canvas).finish();
  }
  struct Branch {
    Vec2 foot;
    float turn, length, width;
  };
  std::vector<Branch> branches;
  for (int i = 0; i < 5; ++i) {
    const float lean = rng.range(-0.13F, 0.13F);
    branches.push_back({{0.5F + 0.3F * lean, 0}, 0.25F - lean, rng.range(0.2F, 0.3F), 0.045F});
  }
  for (std::size_t i = 0; i < branches.size() && branches.size() < 400; ++i) {
    const Branch b = branches[i];
    const Vec2 tip = b.foot + turned({b.length, 0}, b.turn);
    const Vec2 margin{b.width, b.width};
    canvas.draw({Vec2{least(b.foot.x, tip.x), least(b.foot.y, tip.y)} - margin,
                 Vec2{most(b.foot.x, tip.x), most(b.foot.y, tip.y)} + margin},
                [&](Vec2 p) {
                  const float d = stroke(p, b.foot, tip, b.width, 0.75F * b.width);
                  const float light =
                      0.35F + 0.6F * p.y + 3.5F * (-d) + 0.25F * noise(p * 40, seed);
                  return tinted(tint * light, coverage(d, canvas.pixel()));
                });
    if (b.width < 0.012F) continue;
    for (int k = 0; k < 2 + rng.below(2); ++k) {
      const float turn = b.turn + rng.range(-0.11F, 0.11F);
      const float length_of = b.length * rng.range(0.6F, 0.85F);
      branches.push_back({tip, turn, length_of, b.width * 0.72F});
    }
  }
  return std::move(canvas).finish();
}

void Reef::add_corals(Rng& rng, float aspect) {
  for (int i = 0; i < 15; ++i) {
    Coral coral{};
    coral.sprite = rng.below(int(corals_.size()));
    coral.depth = mix(3.2F, 0.95F, float(i) / 14);
    const float side = rng.range(-0.62F, 0.62F) * aspect;
    coral.place = {side * coral.depth, 0};
    coral.half = rng.range(0.12F, 0.24F);
    coral.phase = rng.unit();
    garden_.push_back(coral);
  }
}

void Reef::add_school(Rng& rng, float aspect, int count) {
  const Fish fish = draw_fish(rng);
  const float depth = rng.range(1.1F, 2.6F);
  const Vec2 centre{rng.range(-0.4F, 0.4F) * aspect * depth, rng.range(-0.08F, 0.26F) * depth};
  const float size = count > 1 ? rng.range(0.045F, 0.075F) : rng.range(0.10F, 0.17F);
  const float way = rng.chance(0.5F) ? 1.0F : -1.0F;
  const float speed = way * rng.range(0.04F, 0.09F);
  for (int i = 0; i < count; ++i) {
    Swimmer swimmer{};
    swimmer.fish = fish;
    swimmer.fish.seed += std::uint32_t(i);
    const float spread = count > 1 ? 1.0F : 0.0F;
    swimmer.place = centre + Vec2{rng.range(-0.45F, 0.45F), rng.range(-0.16F, 0.16F)} * spread;
    swimmer.depth = depth + rng.range(-0.25F, 0.25F) * spread;
    swimmer.size = size * rng.range(0.85F, 1.15F);
    swimmer.speed = speed * rng.range(0.92F, 1.08F);
    swimmer.phase = rng.unit();
    swimmer.beat = rng.range(1.1F, 1.7F) * (count > 1 ? 1.3F : 0.8F);
    swimmers_.push_back(swimmer);
  }
}

Rgb Reef::backdrop(Vec2 p, float t, const Camera::View& view, float pixel) const {
  Rgb c = blue(p);
  // Ridges of rock, farther and bluer.
  for (int ridge = 0; ridge < 3; ++ridge) {
    const float depth = 3.6F - 0.7F * float(ridge);
    const float x = p.x + view.shift.x * (1 / depth);
    const float crest = kFloor + 0.13F +
                        0.20F * ridges_[std::size_t(ridge)].at(x * (1.5F + 0.5F * float(ridge))) -
                        0.045F * float(ridge);
    const float cover = coverage(p.y - crest, 2.5F * pixel);
    if (cover <= 0) continue;
    const float crag = rough_fractal().tiled(Vec2{x, p.y * 1.3F} * 0.5F, pixel * 0.5F) +
                       soft_fractal().tiled(Vec2{x, p.y}, pixel);
    const Rgb stone = mix(srgb(0x5A5148), srgb(0x7A6A70), unit_clamp(0.5F + crag));
    const float light =
        0.35F + 0.5F * unit_clamp(0.6F + crag) +
        0.5F * caustics({x * 4, p.y * 6}, t, pixel * 5) * smoothstep(0.25F, 0, crest - p.y);
    c = mix(c, veil(stone * water_.sun * light, p, depth), cover);
  }
  return c;
}

Rgb Reef::sand(Vec2 p, float t, const Camera::View& view, float pixel) const {
  const float z = 0.36F / most(kFloor + 0.05F - p.y, 0.03F);
  const Vec2 q{p.x * z + view.shift.x, z};
  const float footprint = pixel * z * 1.6F;
  const float ripple =
      sine(2.6F * q.y + 0.9F * q.x + 1.6F * soft_fractal().tiled(q * 0.11F, footprint));
  const float grit = rough_fractal().tiled(q * 0.5F, footprint * 0.5F);
  const float stones = smoothstep(
      0.18F, 0.32F, soft_fractal().tiled(q * 0.21F + Vec2{0.1F, 0.7F}, footprint * 0.21F));
  Rgb c = water_.sand * (0.82F + 0.10F * ripple + 0.35F * grit);
  c = mix(c, srgb(0x6A6258) * (0.8F + 0.8F * grit), 0.75F * stones);
  c = c * (water_.sun * (0.42F + 0.95F * caustics(q, t, footprint)) + water_.surface * 0.15F);
  return veil(c, p, most(z * 0.9F, 0.7F));
}

void Reef::draw_coral(Film& film, const Coral& coral, float t, const Camera::View& view) const {
  const float scale = view.zoom / coral.depth;
  const float foot_y = kFloor + 0.05F - 0.36F / coral.depth;
  const Vec2 foot{(coral.place.x - view.shift.x) * scale,
                  (foot_y - view.shift.y * 0.5F) * view.zoom};
  const float half = coral.half * scale * 1.3F;
  const Texture<Rgba>& sprite = corals_[static_cast<std::size_t>(coral.sprite)];
  const float sway = 0.02F * sine(swell_ * t + coral.phase);
  const float blur = 1 + 6 * smoothstep(1.15F, 0.9F, coral.depth);
  film.draw({foot - Vec2{half, 0.1F * half}, foot + Vec2{half, 2 * half}}, [&](Vec2 p) {
    Vec2 uv{0.5F + 0.5F * (p.x - foot.x) / half, 0.5F * (p.y - foot.y) / half};
    uv.x += sway * uv.y * uv.y;
    Rgba c = sprite.single(uv, 0.5F * film.pixel() / half * blur);
    if (c.cover <= 0) return c;
    const float web = caustics(Vec2{p.x * 5 + view.shift.x, p.y * 5} * coral.depth, t, 0.02F);
    c.light = c.light * water_.sun * (0.75F + 0.8F * web * uv.y);
    c.light = mix(blue(p) * c.cover, c.light, exponential(-0.42F * (coral.depth - 0.6F)));
    return c;
  });
}

void Reef::draw_swimmer(Film& film, const Swimmer& s, float t, const Camera::View& view) const {
  const float span = 2 * (reach_ * s.depth + 2 * s.size);
  const float wander =
      0.05F * noise(0.25F * t + 40 * s.phase, 3) + 0.02F * noise(0.8F * t + 40 * s.phase, 4);
  const float rise = 0.05F * noise(0.2F * t + 70 * s.phase, 5);
  const float x = (fraction((s.place.x + s.speed * t + wander) / span + 0.5F) - 0.5F) * span;
  const float scale = view.zoom / s.depth;
  const Vec2 centre{(x - view.shift.x) * scale, (s.place.y + rise - view.shift.y) * scale};
  const float half = s.size * scale;
  const float facing = s.speed > 0 ? 1.0F : -1.0F;
  const float pitch = 0.03F * noise(0.2F * t + 70 * s.phase + 0.4F, 5) * facing;
  const float beat = s.beat * t + s.phase;
  film.draw(around(centre, {1.5F * half, 1.0F * half}), [&](Vec2 p) {
    Vec2 q = turned((p - centre) * (1 / half), -pitch);
    q.x *= facing;
    const float web = caustics(Vec2{p.x * 4, p.y * 3} * s.depth + Vec2{s.phase * 9, 0}, t, 0.01F);
    const Rgb light = water_.sun * (0.75F + 0.8F * web);
    Rgba c =
        s.fish.look(q, beat, film.pixel() / half, light, mix(water_.deep, water_.surface, 0.35F));
    c.light = mix(blue(p) * c.cover, c.light, exponential(-0.42F * (s.depth - 0.6F)));
    return c;
  });
}

// What floats in any sea water, near the lens, and now and then a bubble rising.
void Reef::draw_motes(Film& film, float t, const Camera::View& view) const {
  for (int i = 0; i < 70; ++i) {
    const std::uint32_t h = hash(i, 1, rocks_);
    const float depth = 0.6F + 2 * to_unit(h);
    const bool bubble = i % 6 == 0;
    const float rise = bubble ? 0.16F : 0.006F;
    const Vec2 wave{0.015F * sine(0.3F * t + to_unit(hash(h))),
                    0.01F * sine(swell_ * t + to_unit(h))};
    const Vec2 at{
        (fraction(to_unit(hash(h + 1)) + (0.004F * t - 0.4F * view.shift.x) / depth) - 0.5F) * 2 *
            reach_,
        fraction(to_unit(hash(h + 2)) + rise * t / depth) * 1.2F - 0.6F};
    const Vec2 centre = at + wave;
    const float radius = (bubble ? 0.006F : 0.0022F) / depth;
    const float pixel = film.pixel();
    film.draw(around(centre, {radius + pixel, radius + pixel}), [&](Vec2 p) {
      const float d = length(p - centre) - radius;
      const float ring = bubble ? 0.25F + 0.75F * smoothstep(-0.5F * radius, 0, d) : 0.5F;
      return Rgba{water_.surface * (0.5F * ring * coverage(d, 1.5F * pixel)), 0};
    });
  }
}

void Reef::paint(float t, Film& film) const {
  const Camera::View view = camera_.at(t);
  const float pixel = film.pixel();
  film.expose([&](Vec2 picture) {
    const Vec2 p = picture * (1 / view.zoom) + Vec2{0, view.shift.y * 0.5F};
    Rgb c = p.y > kFloor + 0.02F ? backdrop(p, t, view, pixel) : sand(p, t, view, pixel);
    if (p.y < kFloor + 0.02F && p.y > kFloor - 0.03F) {
      c = mix(backdrop(p, t, view, pixel), c, smoothstep(kFloor + 0.02F, kFloor - 0.03F, p.y));
    }
    // Shafts from the surface.
    const float across = (p.x - sun_x_) / (1.35F - p.y);
    const float shafts =
        noise(across * 9 + 0.10F * t, 51) + 0.5F * noise(across * 23 - 0.13F * t, 52);
    return c + water_.sun * (0.13F * smoothstep(0.1F, 1.0F, shafts) * smoothstep(-0.4F, 0.5F, p.y));
  });
  std::size_t next = 0;  // corals and fish, far to near
  for (const Coral& coral : garden_) {
    for (; next < swimmers_.size() && swimmers_[next].depth > coral.depth; ++next) {
      draw_swimmer(film, swimmers_[next], t, view);
    }
    draw_coral(film, coral, t, view);
  }
  for (; next < swimmers_.size(); ++next) draw_swimmer(film, swimmers_[next], t, view);
  draw_motes(film, t, view);
}

}  // namespace

std::unique_ptr<Scene> make_reef(const Script& script) { return std::make_unique<Reef>(script); }

}  // namespace videogen::scenes
