// A drive through the desert: mesas on the horizon, shrubs and poles going by, some traffic.
//
// Flat ground seen from a car: a point x to the right, h above the road and z ahead, in metres,
// appears at (x, h − eye) / z, turned by the bends of the road.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "scenes/camera_internal.h"
#include "scenes/car_internal.h"
#include "scenes/daylight_internal.h"
#include "scenes/scenes_internal.h"
#include "scenes/shapes_internal.h"
#include "scenes/texture_internal.h"

namespace videogen::scenes {
namespace {

constexpr float kEye = 1.45F, kHalfRoad = 3.9F, kLane = 1.9F;
constexpr float kPoleGap = 42;
constexpr int kOncoming = 240;  // cars; they last the longest clip

struct Traffic {
  float side;   // of the middle of the road, metres
  float ahead;  // of the camera at t = 0, metres
  float speed;  // over the ground, metres a second
  Car car;
};

class Highway final : public Scene {
 public:
  explicit Highway(const Script& script) : Highway(script, Rng(script.seed, 1)) {}
  Highway(const Script& script, Rng rng)
      : day_(draw_daylight(rng, kHours)),
        sky_(rng, day_),
        camera_(rng, {.pan = 0.02F, .tilt = 0.006F, .zoom = 0.02F, .shake = 0.004F}),
        speed_(rng.range(11, 19)),
        bend_{rng.unit(), rng.range(0.02F, 0.035F)},
        soil_(rng.unit()) {
    Rng cast(script.cast, 2);
    seed_ = cast.bits();
    for (std::uint32_t i = 0; i < 2; ++i) mesas_.emplace_back(seed_ + 31 * i, 4);
    cars_.push_back({kLane, cast.range(14, 30), speed_ + cast.range(-0.3F, 0.5F), draw_car(cast)});
    float ahead = cast.range(20, 60);
    for (int i = 0; i < kOncoming; ++i) {
      cars_.push_back({-kLane, ahead, -cast.range(14, 19), draw_car(cast)});
      ahead += cast.range(50, 140);
    }
  }

  void paint(float t, Film& film) const override;
  [[nodiscard]] Grade grade() const override {
    return {.exposure = 0.95F, .bloom = 0.05F, .vignette = 0.3F, .grain = 0.011F};
  }

 private:
  static constexpr std::array kHours{Hour::dawn, Hour::noon, Hour::golden, Hour::dusk,
                                     Hour::overcast};
  struct Drive {
    float t, way;  // seconds, metres since the start
    float bend;    // of the road to come, 1/metres
    Vec2 shift;    // of the view
    float zoom, pixel;

    [[nodiscard]] Vec2 picture(float x, float h, float z) const {
      return Vec2{(x - kLane) / z + 0.5F * bend * z, (h - kEye) / z} * zoom + shift;
    }
    [[nodiscard]] float scale(float z) const { return zoom / z; }
  };

  [[nodiscard]] Rgb backdrop(Vec2 p, const Drive& drive) const;
  [[nodiscard]] Rgb ground(Vec2 p, const Drive& drive) const;
  [[nodiscard]] Rgb haze(Rgb c, float x, float z) const;
  void draw_shrub(Film& film, const Drive& drive, int slot, float z) const;
  void draw_pole(Film& film, const Drive& drive, float z) const;
  void show_car(Film& film, const Drive& drive, const Traffic& traffic, float z) const;

  const Daylight& day_;
  Sky sky_;
  Camera camera_;
  float speed_;
  float bend_[2];  // phase and frequency
  float soil_;
  std::uint32_t seed_ = 0;
  std::vector<Skyline> mesas_;
  std::vector<Traffic> cars_;
};

Rgb Highway::haze(Rgb c, float x, float z) const {
  const float air = 1 - exponential(-z * (0.0010F + 0.0022F * day_.haze));
  return mix(c, sky_.clear({x, 0.03F}), air);
}

// Sky and two rows of mesas, which turn with the road but hardly come nearer.
Rgb Highway::backdrop(Vec2 p, const Drive& drive) const {
  Rgb c = sky_.at(p, drive.t, drive.pixel);
  for (int row = 0; row < 2; ++row) {
    const float near = float(row);
    const std::uint32_t seed = seed_ + 31 * std::uint32_t(row);
    const float scale = (1.6F + 1.2F * near) * (1 - 0.00006F * (1 + near) * drive.way);
    const float x = p.x * scale + 40.0F * drive.bend * (1 + near) + 5 * near;
    const float raw = mesas_[std::size_t(row)].at(x * 1.1F) + 0.12F;
    const float table = smoothstep(0.0F, 0.20F, raw);
    const float talus = 0.25F * smoothstep(-0.22F, 0.08F, raw);
    const float crest =
        (0.72F * table + talus) * (0.17F - 0.075F * near) + 0.006F * noise(x * 17, seed);
    const float cover = coverage(p.y - crest, 1.4F * drive.pixel);
    if (cover <= 0) continue;
    const float band = noise(p.y * 190 + 2 * noise(x * 3, seed), 4) + 0.5F * noise(p.y * 70, 9);
    const float gully =
        noise(Vec2{x * 22, p.y * 8}, seed) + 0.6F * noise(Vec2{x * 55, p.y * 14}, seed);
    Rgb rock = mix(srgb(0x9C4F30), srgb(0xC98555), 0.5F + 0.28F * band);
    rock = mix(rock, srgb(0x8B7350), 0.5F * smoothstep(0.03F, 0.0F, p.y));
    const float lit = unit_clamp(0.45F + 0.45F * gully);
    rock = rock * (day_.ambient * 0.65F + day_.sun * (0.34F * lit));
    c = mix(c, haze(rock, p.x, 430 - 180 * near), cover);
  }
  return c;
}

Rgb Highway::ground(Vec2 p, const Drive& drive) const {
  const float below = most(-p.y, 0.3F * drive.pixel);
  const float z = kEye / below;
  const float x = p.x * z + kLane - 0.5F * drive.bend * z * z;
  const float wide = z * drive.pixel;  // metres a pixel, across
  const float deep = wide * z / kEye;  // and along
  const float footprint = std::sqrt(wide * deep);
  const float along = z + drive.way;
  const auto& rough = rough_fractal();
  const auto& soft = soft_fractal();
  const float grit = rough.tiled(Vec2{x, along} * 0.21F, footprint * 0.21F);
  const float patches = soft.tiled(Vec2{x, along} * 0.013F, footprint * 0.013F);

  Rgb sand = mix(mix(srgb(0xB98B5A), srgb(0xC9A878), soil_), srgb(0x8A5A3A),
                 unit_clamp(0.35F + 0.9F * patches));
  const float scrub = soft.tiled(Vec2{x, along} * 0.05F + Vec2{0.3F, 0.6F}, footprint * 0.05F);
  sand = mix(sand, srgb(0x6F6B42), 0.7F * smoothstep(0.05F, 0.3F, scrub));
  sand = sand * (1 + 0.45F * grit);

  const float worn = smoothstep(0.75F, 0.25F, std::fabs(std::fabs(std::fabs(x) - kLane) - 0.8F));
  Rgb road = mix(srgb(0x57565A), srgb(0x6C675F), soil_) *
             (1 + 0.30F * grit + 0.12F * patches - 0.10F * worn);
  const float crack = std::fabs(soft.tiled(Vec2{x, along} * 0.09F, footprint * 0.09F));
  road = road * (1 - 0.35F * smoothstep(0.012F, 0.0F, crack) * smoothstep(0.5F, 0.05F, footprint));
  const auto line = [&](float at, float half) { return coverage(std::fabs(x - at) - half, wide); };
  const float faded = 0.80F + 0.35F * grit;
  road = mix(road, srgb(0xD8D6CE),
             faded * most(line(kHalfRoad - 0.35F, 0.07F), line(0.35F - kHalfRoad, 0.07F)));
  const float dashes = stripes(along / 12, 0.33F, most(deep / 12, 1e-4F));
  road = mix(road, srgb(0xE0B040), faded * dashes * line(0, 0.07F));

  const float ragged = 0.25F * noise(along * 0.7F, 3);
  const float asphalt = coverage(std::fabs(x) - kHalfRoad + 0.05F * ragged, most(wide, 0.06F));
  const float verge = coverage(std::fabs(x) - kHalfRoad - 1.3F - ragged, most(wide, 0.8F));
  Rgb c = mix(mix(sand, srgb(0x9A8568) * (1 + 0.5F * grit), verge), road, asphalt);
  c = c * (day_.ambient * 0.85F + day_.sun * (0.16F + 0.45F * least(day_.sun_height, 0.35F)));
  if (day_.lamps > 0.5F) {  // our own headlights
    const float beam =
        exponential(-square((x - kLane) / (1.2F + 0.13F * z))) * smoothstep(60, 8, z);
    c += mix(sand, road, asphalt) * Rgb{1.0F, 0.86F, 0.62F} * (0.55F * beam);
  }
  return haze(c, p.x, z);
}

// Brush, rocks and cactuses beside the road; the slot along the way draws which and where.
void Highway::draw_shrub(Film& film, const Drive& drive, int slot, float z) const {
  const std::uint32_t h = hash(slot, 1, seed_);
  const float side = (h & 1U) ? 1.0F : -1.0F;
  const float x = side * (kHalfRoad + 2.2F + 26 * square(to_unit(hash(h + 1))));
  const bool cactus = to_unit(hash(h + 2)) < 0.10F;
  const float size =
      cactus ? 1.5F + 1.3F * to_unit(hash(h + 3)) : 0.35F + 0.75F * to_unit(hash(h + 3));
  const Vec2 foot = drive.picture(x, 0, z);
  const float scale = drive.scale(z) * size;
  if (std::fabs(foot.x) > 0.5F * film.aspect() + 2 * scale) return;
  const Rgb leaf = mix(srgb(0x5F6B3A), srgb(0x8F7E4A), to_unit(hash(h + 4)));
  const Rgb light = day_.ambient * 0.75F + day_.sun * 0.18F;
  const float pixel = drive.pixel / scale;
  const float sun_side = sky_.sun().x > foot.x ? 1.0F : -1.0F;
  film.draw(
      {foot - Vec2{1.6F * scale, 0.3F * scale}, foot + Vec2{1.6F * scale, 1.3F * scale}},
      [&](Vec2 q) {
        const Vec2 p = (q - foot) * (1 / scale);
        const float shadow = 0.55F * coverage(ellipse(p, {-0.5F * sun_side, -0.02F}, {0.9F, 0.12F}),
                                              most(pixel, 0.12F));
        Rgba c{{}, shadow};
        if (cactus) {
          float d = stroke(p, {0, 0}, {0, 1.05F}, 0.20F, 0.17F);
          d = least(d, least(stroke(p, {0, 0.4F}, {0.32F, 0.45F}, 0.13F, 0.13F),
                             stroke(p, {0.32F, 0.45F}, {0.32F, 0.8F}, 0.13F, 0.11F)));
          d = least(d, least(stroke(p, {0, 0.55F}, {-0.28F, 0.6F}, 0.12F, 0.12F),
                             stroke(p, {-0.28F, 0.6F}, {-0.28F, 0.9F}, 0.12F, 0.1F)));
          const float rib = 0.8F + 0.2F * sine(p.x * 16) + 0.25F * p.x * sun_side;
          return over(tinted(haze(srgb(0x4C6238) * light * rib, q.x, z), coverage(d, pixel)), c);
        }
        const float tufts = 0.16F * noise(p * 7, h) + 0.10F * noise(p * 17, h);
        const float d = ellipse(p, {0, 0.33F}, {0.62F, 0.42F}) + tufts;
        const float shade = 0.45F + 0.75F * p.y + 0.28F * p.x * sun_side + 1.2F * tufts;
        return over(tinted(haze(leaf * light * most(shade, 0.15F), q.x, z),
                           coverage(d, most(pixel, 0.03F))),
                    c);
      });
}

void Highway::draw_pole(Film& film, const Drive& drive, float z) const {
  constexpr float kSide = kHalfRoad + 4.5F, kTop = 8.2F;
  const Rgb wood = haze(srgb(0x4A3B2E) * (day_.ambient * 0.6F + day_.sun * 0.10F), 0, z);
  const float thick = most(0.26F * drive.scale(z), 0.9F * drive.pixel);
  const auto draw_stroke = [&](Vec2 a, Vec2 b, float width, float strength) {
    const Vec2 margin{width + drive.pixel, width + drive.pixel};
    const Box box{Vec2{least(a.x, b.x), least(a.y, b.y)} - margin,
                  Vec2{most(a.x, b.x), most(a.y, b.y)} + margin};
    film.draw(box, [&](Vec2 p) {
      return tinted(wood, strength * coverage(stroke(p, a, b, width, width), drive.pixel));
    });
  };
  draw_stroke(drive.picture(kSide, 0, z), drive.picture(kSide, kTop, z), thick, 1);
  draw_stroke(drive.picture(kSide - 1, kTop - 0.6F, z), drive.picture(kSide + 1, kTop - 0.6F, z),
              0.6F * thick, 1);
  // Wires to the next pole, sagging.
  for (const float arm : {-0.9F, 0.9F}) {
    Vec2 from = drive.picture(kSide + arm, kTop - 0.5F, z);
    for (int i = 1; i <= 8; ++i) {
      const float k = float(i) / 8;
      const Vec2 to =
          drive.picture(kSide + arm, kTop - 0.5F - 3.2F * k * (1 - k), z + kPoleGap * k);
      const float width = 0.03F * drive.scale(z + kPoleGap * k);
      draw_stroke(from, to, most(width, 0.7F * drive.pixel),
                  unit_clamp(0.25F + width / drive.pixel));
      from = to;
    }
  }
}

void Highway::show_car(Film& film, const Drive& drive, const Traffic& traffic, float z) const {
  const float sway = 0.06F * noise(0.4F * drive.t + traffic.ahead, 5);
  const float bounce = 0.012F * noise(2.1F * drive.t + traffic.ahead, 6);
  const Vec2 foot = drive.picture(traffic.side + sway, bounce, z);
  const float scale = drive.scale(z);
  const auto end = traffic.speed < 0 ? Car::End::front : Car::End::rear;
  film.draw({foot - Vec2{1.6F * scale, 0.2F * scale}, foot + Vec2{1.6F * scale, 3.6F * scale}},
            [&](Vec2 q) {
              Rgba c = traffic.car.look((q - foot) * (1 / scale), end, drive.pixel / scale, day_);
              c.light = mix(c.light, haze(c.light, q.x, z), c.cover);
              return c;
            });
}

void Highway::paint(float t, Film& film) const {
  const Camera::View view = camera_.at(t);
  Drive drive{};
  drive.t = t;
  drive.way = speed_ * t;
  drive.bend = 0.0011F * sine(bend_[0] + bend_[1] * t);
  drive.shift = view.shift + Vec2{0, 0.06F};
  drive.zoom = view.zoom;
  drive.pixel = film.pixel();
  film.expose([&](Vec2 picture) {
    const Vec2 p = (picture - drive.shift) * (1 / drive.zoom);
    return p.y > 0 ? backdrop(p, drive) : ground(p, drive);
  });

  // Far to near.
  struct Thing {
    float z;
    int kind, index;  // 0 shrub, 1 pole, 2 car
  };
  std::vector<Thing> things;
  constexpr float kGap = 3.4F;
  const int first = floor_int(drive.way / kGap) + 1;
  for (int slot = first; slot < first + 46; ++slot) {
    things.push_back({float(slot) * kGap - drive.way + 2.2F, 0, slot});
  }
  const int pole = floor_int(drive.way / kPoleGap) + 1;
  for (int i = pole; i < pole + 6; ++i)
    things.push_back({float(i) * kPoleGap - drive.way + 3, 1, i});
  for (std::size_t i = 0; i < cars_.size(); ++i) {
    things.push_back({cars_[i].ahead + (cars_[i].speed - speed_) * t, 2, int(i)});
  }
  std::sort(things.begin(), things.end(), [](const Thing& a, const Thing& b) { return a.z > b.z; });
  for (const Thing& thing : things) {
    if (thing.z < 2.2F || thing.z > 400) continue;
    if (thing.kind == 0) draw_shrub(film, drive, thing.index, thing.z);
    if (thing.kind == 1) draw_pole(film, drive, thing.z);
    if (thing.kind == 2) show_car(film, drive, cars_[std::size_t(thing.index)], thing.z);
  }
}

}  // namespace

std::unique_ptr<Scene> make_highway(const Script& script) {
  return std::make_unique<Highway>(script);
}

}  // namespace videogen::scenes
