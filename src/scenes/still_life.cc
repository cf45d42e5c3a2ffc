// Fruit and a vase on a table by a window; nothing moves but the light.
//
// Everything that is turned on a wheel or grew around a stalk is a solid of revolution: a
// profile of radii from foot to top, found by marching along the ray.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "scenes/camera_internal.h"
#include "scenes/lathe_internal.h"
#include "scenes/ray_internal.h"
#include "scenes/scenes_internal.h"
#include "scenes/texture_internal.h"

namespace videogen::scenes {
namespace {

class StillLife final : public Scene {
 public:
  explicit StillLife(const Script& script) : StillLife(script, Rng(script.seed, 1)) {}
  StillLife(const Script& script, Rng rng)
      : camera_(rng, {.pan = 0.03F, .tilt = 0.012F, .zoom = 0.02F, .shake = 0.0008F}),
        window_(unit(Vec3{rng.chance(0.5F) ? -0.9F : 0.9F, rng.range(0.55F, 0.9F),
                          rng.range(-0.75F, -0.35F)})),
        warmth_(rng.unit()),
        wall_(rng.pick(std::span<const Rgb>(kWalls))),
        cloth_(rng.pick(std::span<const Rgb>(kCloths))) {
    arrange(Rng(script.cast, 2));
  }

  void paint(float t, Film& film) const override;
  [[nodiscard]] Grade grade() const override {
    return {.exposure = 1.05F, .bloom = 0.05F, .vignette = 0.45F, .grain = 0.016F};
  }

 private:
  static constexpr std::array kWalls{srgb(0x4A4A3E), srgb(0x3A4248), srgb(0x5A4A3C),
                                     srgb(0x6A6A66)};
  static constexpr std::array kCloths{srgb(0xCFC6B4), srgb(0x6E7F8C), srgb(0x8C3F38),
                                      srgb(0x5E6B4A)};
  static constexpr float kWallDepth = 1.5F;

  struct Hit {
    float distance = kNoHit;
    int surface = 0;  // 1 table, 2 wall, 3 and on: things
  };
  struct Moment {
    float t, pixel;
    Vec3 lamp;
  };

  void arrange(Rng rng);
  [[nodiscard]] float march(const Ray& ray, const Lathe& thing) const;
  [[nodiscard]] Hit trace(const Ray& ray) const;
  [[nodiscard]] float light_at(Vec3 p, Vec3 n, const Moment& m, int except) const;
  [[nodiscard]] float gobo(Vec3 p, const Moment& m) const;
  [[nodiscard]] Rgb sun() const { return mix(srgb(0xE6EEFF), srgb(0xFFD9A0), warmth_) * 1.75F; }
  [[nodiscard]] Rgb sky() const { return mix(srgb(0x7F93B0), srgb(0x8C8478), warmth_) * 0.75F; }
  [[nodiscard]] Rgb table(Vec3 p, float footprint, const Moment& m) const;
  [[nodiscard]] Rgb wall(Vec3 p, float footprint, const Moment& m) const;
  [[nodiscard]] Rgb skin(const Lathe& thing, Vec3 p, Vec3& n, float footprint, float& gloss) const;
  [[nodiscard]] Rgb thing(const Ray& ray, const Hit& hit, const Moment& m) const;

  Camera camera_;
  Vec3 window_;
  float warmth_;
  Rgb wall_, cloth_;
  std::vector<Lathe> things_;
};

void StillLife::arrange(Rng rng) {
  const auto tall = [&rng] { return rng.chance(0.5F) ? Stuff::vase : Stuff::bottle; };
  const float side = rng.chance(0.5F) ? 1.0F : -1.0F;
  const float x = side * rng.range(0.25F, 0.55F);
  const Stuff first = tall();
  const Vec3 behind{x, 0, rng.range(0.25F, 0.45F)};
  things_.push_back(make_lathe(rng, first, behind));
  if (rng.chance(0.5F)) {
    const Vec3 at{x - side * rng.range(0.75F, 1.1F), 0, rng.range(0.3F, 0.5F)};
    const Stuff second = tall();
    things_.push_back(make_lathe(rng, second, at));
  }
  const int wanted = 6 + rng.below(4);
  for (int attempt = 0; attempt < 120 && int(things_.size()) < wanted + 2; ++attempt) {
    const auto fruit = static_cast<Stuff>(rng.below(4));
    const Vec3 foot{rng.range(-0.95F, 0.95F), 0, rng.range(-0.55F, 0.35F)};
    const Lathe thing = make_lathe(rng, fruit, foot);
    const bool free = std::all_of(things_.begin(), things_.end(), [&](const Lathe& other) {
      const Vec2 d{foot.x - other.foot.x, foot.z - other.foot.z};
      return length(d) > 0.98F * (thing.widest + other.widest);
    });
    if (free) things_.push_back(thing);
  }
}

float StillLife::march(const Ray& ray, const Lathe& thing) const {
  const Vec3 centre = thing.middle(0.5F);
  const Vec3 d0 = centre - ray.from;
  const float ahead = dot(d0, ray.along);
  const float chord = thing.bound * thing.bound - (dot(d0, d0) - ahead * ahead);
  if (chord < 0) return kNoHit;
  const float leave = ahead + std::sqrt(chord);
  const float half = 0.5F * thing.height + 0.02F;
  const float reach = thing.widest + 0.12F * thing.height;
  Vec3 unused;
  const float enter =
      meet_box(ray, centre - Vec3{reach, half, reach}, centre + Vec3{reach, half, reach}, unused);
  if (enter >= kNoHit) return kNoHit;
  float d = enter;
  for (int step = 0; step < 40; ++step) {
    const float gap = thing.distance(ray.at(d));
    if (gap < 0.0008F) return d;
    d += gap;
    if (d > leave) break;
  }
  return kNoHit;
}

StillLife::Hit StillLife::trace(const Ray& ray) const {
  Hit hit;
  const float floor = meet_floor(ray, 0);
  if (floor < kNoHit) hit = {floor, 1};
  const float back = (kWallDepth - ray.from.z) / ray.along.z;
  if (back > 0 && back < hit.distance) hit = {back, 2};
  for (std::size_t i = 0; i < things_.size(); ++i) {
    const float d = march(ray, things_[i]);
    if (d < hit.distance) hit = {d, 3 + int(i)};
  }
  return hit;
}

// Each thing shades as a stack of three balls.
float StillLife::light_at(Vec3 p, Vec3 n, const Moment& m, int except) const {
  constexpr float kSoft = 0.13F;
  float light = 1;
  for (int i = 0; i < int(things_.size()); ++i) {
    if (i == except) continue;
    const Lathe& thing = things_[std::size_t(i)];
    const Vec3 d = thing.middle(0.5F) - p;
    const float far = dot(d, d);
    const float ahead = dot(d, m.lamp);
    if (ahead > -thing.bound && far - ahead * ahead < square(thing.bound * 1.02F + kSoft * ahead)) {
      for (const float k : {0.22F, 0.5F, 0.78F}) {
        light *= sphere_shadow(p, m.lamp, thing.middle(k), thing.radius(k), kSoft);
      }
    }
    if (far < square(5 * thing.widest)) {
      light *= 0.4F + 0.6F * sphere_openness(p, n, thing.middle(0.35F), thing.widest);
    }
  }
  return light;
}

// The window's bars and the leaves outside it, which stir.
float StillLife::gobo(Vec3 p, const Moment& m) const {
  const Vec3 side = unit(cross(m.lamp, Vec3{0, 1, 0}));
  const Vec3 rise = cross(side, m.lamp);
  const float u = dot(p, side);
  const float v = dot(p, rise) - 0.35F;
  const float pane = smoothstep(1.05F, 0.85F, std::fabs(u)) *
                     smoothstep(0.95F, 0.75F, std::fabs(v)) *
                     smoothstep(0.02F, 0.09F, std::fabs(u - 0.1F)) *
                     smoothstep(0.02F, 0.09F, std::fabs(v - 0.18F));
  const Vec2 leaf{u * 0.16F + 0.006F * sine(0.17F * m.t),
                  v * 0.16F + 0.004F * sine(0.11F * m.t + 0.3F)};
  const float leaves = soft_fractal().tiled(leaf + Vec2{0.21F, 0.47F}, 0.004F);
  const float cloud = 0.82F + 0.18F * sine(0.045F * m.t + warmth_);
  return pane * smoothstep(0.22F, -0.06F, leaves) * cloud;
}

Rgb StillLife::table(Vec3 p, float footprint, const Moment& m) const {
  const Vec3 up{0, 1, 0};
  const float folds = 0.5F * noise(Vec2{p.x * 1.1F + 0.6F * p.z, p.z * 2.2F}, 3) +
                      0.25F * noise(Vec2{p.x * 3 - p.z, p.z * 4}, 4);
  const bool on_cloth = p.z < 0.42F + 0.06F * noise(p.x * 1.7F, 5);
  const float key = light_at(p, up, m, -1) * gobo(p, m) * m.lamp.y;
  if (!on_cloth) {
    const float figure =
        soft_fractal().tiled(Vec2{p.x * 0.07F, p.z * 0.5F + 0.3F}, footprint * 0.4F);
    const float pores = rough_fractal().tiled(Vec2{p.x * 0.12F, p.z * 1.6F}, footprint);
    const Rgb wood = mix(srgb(0x3A2416), srgb(0x7A4E2E), 0.5F + 0.35F * sine(4 * figure)) *
                     (0.9F + 0.6F * pores);
    return wood * (sun() * key + sky());
  }
  const float weave = rough_fractal().tiled(Vec2{p.x, p.z} * 3.1F, footprint * 3.1F);
  const float thread =
      0.5F * (sine(p.x * 70) + sine(p.z * 70)) * smoothstep(0.012F, 0.004F, footprint);
  const Rgb linen = cloth_ * (0.92F + 0.25F * weave + 0.05F * thread);
  return linen * (sun() * (key * (0.9F + 0.5F * folds)) + sky() * (1 + 0.35F * folds));
}

Rgb StillLife::wall(Vec3 p, float footprint, const Moment& m) const {
  const float plaster = soft_fractal().tiled(Vec2{p.x, p.y} * 0.21F, footprint * 0.21F) +
                        0.5F * rough_fractal().tiled(Vec2{p.x, p.y} * 0.5F, footprint * 0.5F);
  const Vec3 n{0, 0, -1};
  const float key = most(dot(n, m.lamp), 0) * gobo(p, m) * light_at(p, n, m, -1);
  const float corner = 0.55F + 0.45F * smoothstep(0, 0.7F, p.y);
  return wall_ * (0.9F + 0.35F * plaster) * (sun() * (0.9F * key) + sky() * (0.8F * corner));
}

// Colour, gloss and the small unevenness of a thing's surface.
Rgb StillLife::skin(const Lathe& self, Vec3 p, Vec3& n, float footprint, float& gloss) const {
  const float k = (p.y - self.foot.y) / self.height;
  const Vec3 m = self.middle(k);
  const Vec2 q{(p.x - m.x) / self.widest, (p.z - m.z) / self.widest};
  const Vec2 around{q.x * 1.3F + 0.4F * q.y, k};
  const Vec2 rim = q * (1 / most(length(q), 0.05F));  // the direction from the axis
  gloss = 0.5F;
  Rgb c = self.base;
  const float fine = noise(around * 30, self.seed);
  switch (self.stuff) {
    case Stuff::apple: {
      const float streak = noise(rim * 5 + Vec2{0.6F * k, 0}, self.seed) +
                           0.6F * noise(rim * 17 + Vec2{0, k}, self.seed + 1);
      c = mix(self.base, self.second, unit_clamp(0.28F + 0.45F * streak + 0.7F * (k - 0.75F)));
      c = mix(c, srgb(0xE8D9A8), 0.6F * smoothstep(0.62F, 0.8F, noise(around * 26, self.seed + 2)));
      const float stalk = smoothstep(0.10F, 0.02F, length(q)) * smoothstep(0.9F, 0.97F, k);
      c = mix(c, srgb(0x3A2A18), stalk);
      gloss = 0.8F;
      break;
    }
    case Stuff::pear:
      c = mix(self.base, self.second, unit_clamp(0.15F + 0.7F * noise(around * 2.2F, self.seed)));
      c = c * (1 - 0.25F * smoothstep(0.3F, 0.6F, fine));
      gloss = 0.35F;
      break;
    case Stuff::orange: {
      const float pit = noise(around * 34, self.seed) * smoothstep(0.02F, 0.006F, footprint);
      const float pit_x =
          noise(around * 34 + Vec2{0.35F, 0}, self.seed) * smoothstep(0.02F, 0.006F, footprint);
      n = unit(n + Vec3{0.20F * (pit_x - pit), 0.12F * pit, 0});
      c = mix(self.base, self.second, 0.5F + 0.4F * noise(around * 3, self.seed + 1)) *
          (1 + 0.08F * pit);
      gloss = 0.45F;
      break;
    }
    case Stuff::plum:
      c = mix(self.base, self.second,
              0.5F * smoothstep(-0.3F, 0.6F, octaves(around * 3, 3, self.seed)));
      gloss = 0.3F;
      break;
    case Stuff::vase: {
      const float band = smoothstep(0.055F, 0.045F, std::fabs(k - 0.52F)) +
                         smoothstep(0.02F, 0.012F, std::fabs(k - 0.68F)) +
                         smoothstep(0.02F, 0.012F, std::fabs(k - 0.36F));
      const float crackle = std::fabs(octaves(around * 7, 3, self.seed));
      c = mix(self.base, self.second, 0.85F * unit_clamp(band)) *
          (0.9F + 0.15F * noise(around * 4, self.seed + 1));
      c = c * (1 - 0.25F * smoothstep(0.03F, 0.0F, crackle));
      gloss = 1.0F;
      break;
    }
    case Stuff::bottle: {
      const float label = smoothstep(0.13F, 0.135F, k) * smoothstep(0.475F, 0.47F, k);
      const float print = 0.45F *
                          smoothstep(0.1F, 0.3F, noise(Vec2{around.x * 16, k * 60}, self.seed)) *
                          smoothstep(0.2F, 0.22F, k) * smoothstep(0.4F, 0.38F, k);
      c = mix(self.base, self.second * (1 - print), label);
      gloss = mix(1.3F, 0.15F, label);
      break;
    }
  }
  return c;
}

Rgb StillLife::thing(const Ray& ray, const Hit& hit, const Moment& m) const {
  const Lathe& self = things_[std::size_t(hit.surface - 3)];
  const Vec3 p = ray.at(hit.distance);
  Vec3 n = self.normal(p);
  float gloss = 0;
  const Rgb albedo = skin(self, p, n, hit.distance * m.pixel, gloss);
  const float open = light_at(p, n, m, hit.surface - 3);
  const float lambert = dot(n, m.lamp);
  const float shade = gobo(p, m);
  // Flesh lets some light through, so its terminator is soft.
  const bool flesh = self.stuff != Stuff::vase && self.stuff != Stuff::bottle;
  const float key = flesh ? most(lambert + 0.18F, 0) / 1.18F : most(lambert, 0);
  const float ground_near = unit_clamp(1 - (p.y / self.height) * 2.5F);
  const Rgb bounce =
      cloth_ * sun() * (0.16F * unit_clamp(0.5F - 0.5F * n.y) * (1 - 0.5F * ground_near));
  const float contact = 0.45F + 0.55F * smoothstep(0.0F, 0.25F, p.y / self.height);
  Rgb c = albedo * (sun() * (key * open * (0.15F + 0.85F * shade)) +
                    (sky() * (0.55F + 0.45F * n.y) + bounce) * contact);
  const Vec3 mirrored = reflect(ray.along, n);
  const float facing = unit_clamp(-dot(ray.along, n));
  const float fresnel = 0.04F + 0.6F * power(1 - facing, 4);
  const float shine = power(unit_clamp(dot(mirrored, m.lamp)), 30 + 90 * gloss);
  // The window as a soft square in the glaze.
  const Vec3 side = unit(cross(m.lamp, Vec3{0, 1, 0}));
  const Vec3 rise = cross(side, m.lamp);
  const float ahead = dot(mirrored, m.lamp);
  const float u = std::fabs(dot(mirrored, side)) / most(ahead, 0.1F);
  const float v = std::fabs(dot(mirrored, rise)) / most(ahead, 0.1F);
  const float square_light =
      ahead > 0.1F
          ? smoothstep(0.30F, 0.22F, u) * smoothstep(0.36F, 0.28F, v) * smoothstep(0.01F, 0.03F, u)
          : 0;
  const float window = gloss > 0.6F ? square_light : shine;
  c += sun() * (gloss * (0.55F * window * open + 0.35F * shine * open * shade));
  return c + sky() * (fresnel * gloss * 0.9F * contact);
}

void StillLife::paint(float t, Film& film) const {
  const Camera::View view = camera_.at(t);
  const float wide = most(1, 1.3F / film.aspect());
  const float focal = 1.75F * view.zoom / wide;
  Moment m{};
  m.t = t;
  m.pixel = film.pixel() / focal;
  m.lamp = unit(window_ + Vec3{0.06F * sine(0.03F * t + warmth_), 0.04F * sine(0.023F * t), 0});
  const Vec3 from{view.shift.x * 2, 0.92F + view.shift.y, -2.6F};
  const Eye eye(from, {view.shift.x, 0.34F, 0.1F}, focal, view.roll);
  film.expose_traced([&](Vec2 picture) {
    const Ray ray = eye.ray(picture);
    const Hit hit = trace(ray);
    const Vec3 p = ray.at(hit.distance);
    if (hit.surface == 0) return Sample{wall_ * sky(), 0};
    if (hit.surface == 1) return Sample{table(p, hit.distance * m.pixel * 2, m), 1};
    if (hit.surface == 2) return Sample{wall(p, hit.distance * m.pixel, m), 2};
    return Sample{thing(ray, hit, m), hit.surface};
  });
}

}  // namespace

std::unique_ptr<Scene> make_still_life(const Script& script) {
  return std::make_unique<StillLife>(script);
}

}  // namespace videogen::scenes
