// A city street after rain, at dusk: lit windows, lamps, traffic, people, all of it mirrored
// in the wet asphalt.
//
// A straight street: the houses are two planes beside it, the ground a third, and each pixel
// finds which its ray meets first. Metres; the eye stands at (shift, kEye, way).
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "scenes/camera_internal.h"
#include "scenes/car_internal.h"
#include "scenes/scenes_internal.h"
#include "scenes/shapes_internal.h"
#include "scenes/texture_internal.h"

namespace videogen::scenes {
namespace {

constexpr float kEye = 1.9F, kWall = 10.5F, kKerb = 6.4F;
constexpr float kLot = 15, kStorey = 3.5F, kBay = 2.5F, kLampGap = 19;
constexpr int kOncoming = 160;  // cars; they last the longest clip
constexpr float kEnd = 210;     // where the street runs into the mist

struct Walker {
  float side, ahead, speed, height, phase;
  Rgb coat;
};
struct Traffic {
  float side, ahead, speed;
  Car car;
};

class City final : public Scene {
 public:
  explicit City(const Script& script) : City(script, Rng(script.seed, 1)) {}
  City(const Script& script, Rng rng)
      : day_(draw_daylight(rng, kHours)),
        sky_(rng, day_),
        camera_(rng, {.pan = 0.5F, .tilt = 0.02F, .zoom = 0.03F, .shake = 0.006F}),
        speed_(rng.range(0.5F, 1.2F)),
        wet_(rng.range(0.45F, 1.0F)) {
    Rng cast(script.cast, 2);
    lots_ = cast.bits();
    float ahead = 9;
    for (int i = 0; i < kOncoming; ++i) {
      traffic_.push_back({-2.4F, ahead + 12, -cast.range(5, 8), draw_car(cast)});
      ahead += cast.range(18, 45);
    }
    ahead = 12;
    for (int i = 0; i < 4; ++i) {
      traffic_.push_back({2.4F, ahead, cast.range(1.2F, 3.2F), draw_car(cast)});
      ahead += cast.range(10, 24);
    }
    for (int i = 0; i < 9; ++i) walkers_.push_back(draw_walker(cast));
  }

  void paint(float t, Film& film) const override;
  [[nodiscard]] Grade grade() const override {
    return {.exposure = 1.15F, .bloom = 0.13F, .vignette = 0.35F, .grain = 0.014F};
  }

 private:
  static constexpr std::array kHours{Hour::blue, Hour::dusk, Hour::blue, Hour::night,
                                     Hour::overcast};

  struct Walk {
    float t, way, side;  // of the eye
    Camera::View view;
    float pixel;
    [[nodiscard]] Vec2 picture(float x, float h, float z) const {
      return Vec2{(x - side) / z, (h - kEye) / z + 0.02F} * view.zoom + Vec2{0, view.shift.y};
    }
  };
  // A house that a stretch of one side belongs to.
  struct House {
    std::uint32_t chance;
    float height;
    Rgb wall;
  };

  static Walker draw_walker(Rng& rng) {
    static constexpr std::array kCoats{srgb(0x23262E), srgb(0x4A2F2A), srgb(0x2F3F55),
                                       srgb(0x6E6252), srgb(0x7A2E2E)};
    Walker walker{};
    const float pavement = rng.chance(0.5F) ? 1.0F : -1.0F;
    walker.side = pavement * rng.range(kKerb + 0.8F, kWall - 1.2F);
    walker.ahead = rng.range(6, 45);
    const float way = rng.chance(0.5F) ? 1.0F : -1.0F;
    walker.speed = way * rng.range(0.9F, 1.4F);
    walker.height = rng.range(1.6F, 1.88F);
    walker.phase = rng.unit();
    walker.coat = rng.pick(std::span<const Rgb>(kCoats));
    return walker;
  }

  [[nodiscard]] House house(float along, bool right) const;
  [[nodiscard]] Rgb facade(float along, float height, bool right, Vec2 spread, float t) const;
  [[nodiscard]] Rgb lamplight(float along, float across) const;
  [[nodiscard]] Rgb ground(Vec2 p, float z, const Walk& walk) const;
  [[nodiscard]] Rgb look(Vec2 p, const Walk& walk, float blur) const;
  [[nodiscard]] Rgb mist(Rgb c, float z) const {
    return mix(c, mix(day_.horizon, day_.zenith, 0.35F) * 0.8F, 1 - exponential(-z * 0.0065F));
  }
  void draw_lamp(Film& film, const Walk& walk, float x, float z) const;
  void draw_walker_on(Film& film, const Walk& walk, const Walker& walker, float z) const;
  void draw_traffic(Film& film, const Walk& walk, const Traffic& traffic, float z) const;

  const Daylight& day_;
  Sky sky_;
  Camera camera_;
  float speed_, wet_;
  std::uint32_t lots_ = 0;
  std::vector<Traffic> traffic_;
  std::vector<Walker> walkers_;
};

City::House City::house(float along, bool right) const {
  static constexpr std::array kWalls{srgb(0x8A5844), srgb(0x9A8B78), srgb(0x6F6A66),
                                     srgb(0xA98F6A), srgb(0x7C4F48), srgb(0x5E6570)};
  const std::uint32_t h = hash(floor_int(along / kLot), right ? 1 : 0, lots_);
  return {h, kStorey * float(4 + int(h % 7U)), kWalls[(h >> 8) % kWalls.size()]};
}

// `spread` is how far a pixel reaches along the wall and up it.
Rgb City::facade(float along, float height, bool right, Vec2 spread, float t) const {
  const House self = house(along, right);
  const float fine = length(spread);
  const float grain = rough_fractal().tiled(Vec2{along, height} * 0.11F, fine * 0.11F);
  const float stain = soft_fractal().tiled(Vec2{along, height * 0.4F} * 0.03F, fine * 0.03F);
  const float course = stripes(height / 0.30F, 0.12F, most(spread.y / 0.30F, 0.05F));
  Rgb wall = self.wall * (0.85F + 0.35F * grain + 0.4F * stain) * (1 - 0.22F * course);
  const float storey = height / kStorey;
  const int floor = floor_int(storey);
  const float cornice = stripes(storey + 0.03F, 0.07F, most(spread.y / kStorey, 0.01F));
  wall = mix(wall, srgb(0xB8AE9C), 0.45F * cornice);
  Rgb c = wall * (day_.ambient * 0.75F + lamplight(along, kWall) * exponential(-height * 0.16F));

  // Windows: frames in bays, each with its own light behind it.
  const float bay = along / kBay;
  const bool shop = floor == 0;
  const float wide = shop ? 0.80F : 0.46F;
  const float high = shop ? 0.62F : 0.58F;
  const float pane = stripes(bay - 0.5F + 0.5F * wide, wide, most(spread.x / kBay, 0.02F)) *
                     stripes(storey - 0.22F, high, most(spread.y / kStorey, 0.02F));
  const std::uint32_t h = hash(floor_int(bay), floor, self.chance);
  // Someone comes home or goes to bed now and then.
  const float wake = to_unit(hash(h + 1)) * 90;
  const bool flips = std::fabs(t - wake) < 12 && (h & 7U) == 0;
  const float share = shop ? 0.85F : 0.42F;
  const bool lit = (to_unit(h) < share * day_.lamps) != (flips && t > wake);
  const Rgb warm =
      mix(Rgb{1.9F, 1.15F, 0.48F}, Rgb{1.35F, 1.4F, 1.5F}, square(to_unit(hash(h + 2))));
  const float curtain = 0.55F + 0.45F * sine(bay * 3 + to_unit(h)) * (shop ? 0.3F : 1.0F);
  const float mullion = most(stripes(bay - 0.01F, 0.03F, most(spread.x / kBay, 0.02F)),
                             stripes(storey - 0.58F, 0.025F, most(spread.y / kStorey, 0.02F)));
  const float inside =
      (0.8F + 0.25F * noise(Vec2{along * 1.3F, height * 1.1F}, h)) * (1 - 0.7F * mullion);
  Rgb glass = mix(day_.zenith, day_.horizon, 0.4F) * (0.25F + 0.15F * stain);
  if (lit) glass = warm * (shop ? 1.25F : 0.8F) * (curtain * inside);
  // Where windows are finer than a pixel, what is lit becomes its mean.
  const float unresolved = smoothstep(0.8F, 2.2F, spread.x / kBay);
  const Rgb mean = Rgb{1.7F, 1.1F, 0.5F} * (0.40F * share * day_.lamps);
  c = mix(c, mix(glass, mean, unresolved), pane);
  const float awning = shop && (self.chance & 2U)
                           ? coverage(std::fabs(height - 2.95F) - 0.28F, most(spread.y, 0.02F))
                           : 0;
  const float cloth = stripes(along / 0.6F, 0.5F, most(spread.x / 0.6F, 0.05F));
  return mix(c,
             mix(srgb(0x8C2F2A), srgb(0xD9CDB8), cloth) * (day_.ambient + Rgb{0.5F, 0.35F, 0.18F}),
             awning);
}

// From the street's lamps, at a place along it and across.
Rgb City::lamplight(float along, float across) const {
  const float d = (fraction(along / kLampGap) - 0.5F) * kLampGap;
  const float x = std::fabs(across) - kKerb - 0.6F;
  const float fall = 1 / (1 + 0.06F * (d * d + x * x));
  return Rgb{1.0F, 0.62F, 0.28F} * (0.85F * fall * (0.15F + 0.85F * day_.lamps));
}

Rgb City::ground(Vec2 p, float z, const Walk& walk) const {
  const float x = p.x * z + walk.side;
  const float along = z + walk.way;
  const float wide = z * walk.pixel;
  const float footprint = wide * std::sqrt(z / kEye);
  const bool road = std::fabs(x) < kKerb;
  const float grit = rough_fractal().tiled(Vec2{x, along} * 0.23F, footprint * 0.23F);
  const float pools =
      soft_fractal().tiled(Vec2{x, along} * 0.035F + Vec2{0.4F, 0.2F}, footprint * 0.035F);
  Rgb c = road ? srgb(0x3E3F44) : srgb(0x6B6660);
  if (!road) {
    const float joint = most(stripes(x / 0.9F, 0.05F, most(wide / 0.9F, 0.02F)),
                             stripes(along / 0.9F, 0.05F, most(wide * z / kEye / 0.9F, 0.02F)));
    c = c * (1 - 0.35F * joint);
  } else {
    const float dashes = stripes(along / 6, 0.45F, most(wide * z / kEye / 6, 1e-3F));
    c = mix(c, srgb(0xB9B5A8), 0.75F * dashes * coverage(std::fabs(x) - 0.08F, wide));
    c = mix(c, srgb(0x8A857C), coverage(std::fabs(std::fabs(x) - kKerb + 0.09F) - 0.09F, wide));
  }
  c = c * (0.9F + 0.6F * grit) * (day_.ambient * 0.8F + lamplight(along, x) * 0.9F);
  // Pools mirror; wet asphalt between them mirrors broken.
  const float pool = smoothstep(0.16F - 0.22F * wet_, 0.30F - 0.22F * wet_, pools);
  const float facing = unit_clamp(-2.2F * p.y);
  const float mirror = wet_ * mix(0.30F, 0.75F, pool) * (0.25F + 0.75F * square(1 - facing));
  const float rough = mix(0.05F, 0.008F, pool);
  const Vec2 broken{p.x + rough * grit * 0.6F, -p.y + rough * 2.5F * grit + 0.002F};
  return mix(c, look(broken, walk, mix(9.0F, 2.5F, pool)), mirror);
}

// What lies in direction p (per metre of depth). `blur` widens what a pixel takes in.
Rgb City::look(Vec2 p, const Walk& walk, float blur) const {
  const bool right = p.x > 0;
  const float wall_z =
      (right ? kWall - walk.side : kWall + walk.side) / most(std::fabs(p.x), 1e-4F);
  const float ground_z = p.y < 0 ? kEye / -p.y : 1e9F;
  const float z = least(wall_z, ground_z);
  if (z > kEnd) {  // the far end: mist, and towers in it
    const Vec2 q{p.x, most(p.y, 0)};
    const float tower = 0.05F + 0.09F * hash_unit(floor_int(q.x * 38), 4, lots_);
    const Rgb far = mist({0.02F, 0.02F, 0.03F}, kEnd);
    return mix(sky_.at(q, walk.t, walk.pixel * blur), far,
               coverage(q.y - tower, walk.pixel * blur) * 0.85F);
  }
  if (ground_z < wall_z) return mist(ground(p, z, walk), z);
  const float height = kEye + p.y * z;
  const float along = z + walk.way;
  const House self = house(along, right);
  const float pixel = walk.pixel * blur * z;
  const float cover = coverage(height - self.height, pixel);
  const Rgb sky = cover < 1 ? sky_.at({p.x, most(p.y, 0.01F)}, walk.t, walk.pixel) : Rgb{};
  if (cover <= 0) return sky;
  const Vec2 spread{pixel * z / kWall, pixel};
  return mix(sky, mist(facade(along, height, right, spread, walk.t), z), cover);
}

void City::draw_lamp(Film& film, const Walk& walk, float x, float z) const {
  const Vec2 foot = walk.picture(x, 0, z);
  const Vec2 top = walk.picture(x, 6.2F, z);
  const Vec2 bulb = walk.picture(x * 0.86F, 6.1F, z);
  const float scale = walk.view.zoom / z;
  const float thick = most(0.13F * scale, 0.8F * walk.pixel);
  const Rgb iron = mist(srgb(0x1C1E22) * (day_.ambient + Rgb{0.3F, 0.2F, 0.1F}), z);
  const float glow = 0.55F * scale;
  const Vec2 low{least(foot.x, bulb.x) - glow, foot.y};
  const Vec2 high{most(foot.x, bulb.x) + glow, top.y + glow};
  film.draw({low, high}, [&](Vec2 p) {
    Rgba c = tinted(iron, coverage(stroke(p, foot, top, thick, 0.7F * thick), walk.pixel));
    c = over(tinted(iron, coverage(stroke(p, top, bulb, 0.7F * thick, 0.7F * thick), walk.pixel)),
             c);
    const float lamp = disc(p, bulb, most(0.17F * scale, walk.pixel));
    const Rgb light = Rgb{7.0F, 4.4F, 2.0F} * (0.1F + 0.9F * day_.lamps);
    c = over(tinted(light, coverage(lamp, walk.pixel)), c);
    c.light += light * (0.02F * square(smoothstep(glow, 0, length(p - bulb))));
    return c;
  });
}

void City::draw_walker_on(Film& film, const Walk& walk, const Walker& walker, float z) const {
  const float stride = 0.42F * sine(walker.phase + 0.85F * walk.t);
  const float bob = 0.025F * std::fabs(stride);
  const Vec2 foot = walk.picture(walker.side, 0, z);
  const float scale = walk.view.zoom * walker.height / z;
  const float pixel = walk.pixel / scale;
  const Rgb light = day_.ambient * 0.7F + lamplight(z + walk.way, walker.side) * 0.8F;
  film.draw(
      {foot - Vec2{0.3F * scale, 0.55F * scale}, foot + Vec2{0.3F * scale, 1.05F * scale}},
      [&](Vec2 q) {
        Vec2 p = (q - foot) * (1 / scale);
        const bool mirrored = p.y < 0;
        if (mirrored) p.y = -p.y;
        p.y -= bob;
        float d = stroke(p, {0.01F, 0.5F}, {0.20F * stride, 0.02F}, 0.09F, 0.06F);
        d = least(d, stroke(p, {-0.01F, 0.5F}, {-0.20F * stride, 0.02F}, 0.09F, 0.06F));
        d = least(d, stroke(p, {0, 0.46F}, {0, 0.80F}, 0.19F, 0.15F));
        d = least(d, stroke(p, {0.08F, 0.78F}, {0.10F - 0.10F * stride, 0.50F}, 0.06F, 0.05F));
        d = least(d, stroke(p, {-0.08F, 0.78F}, {-0.10F + 0.10F * stride, 0.50F}, 0.06F, 0.05F));
        const float head = disc(p, {0, 0.93F}, 0.062F);
        const float rim = 0.6F + 2.2F * std::fabs(p.x) + 0.4F * p.y;
        Rgba c = tinted(mist(walker.coat * light * rim, z), coverage(d, pixel));
        c = over(tinted(mist(srgb(0xA87C62) * light * rim, z), coverage(head, pixel)), c);
        return mirrored ? c * (0.35F * wet_) : c;
      });
}

void City::draw_traffic(Film& film, const Walk& walk, const Traffic& traffic, float z) const {
  const Vec2 foot = walk.picture(traffic.side, 0, z);
  const float scale = walk.view.zoom / z;
  const auto end = traffic.speed < 0 ? Car::End::front : Car::End::rear;
  const Rgb lamp = traffic.speed < 0 ? Rgb{1.0F, 0.92F, 0.75F} : Rgb{0.7F, 0.05F, 0.03F};
  film.draw(
      {foot - Vec2{2.2F * scale, 3 * scale}, foot + Vec2{2.2F * scale, 3.6F * scale}}, [&](Vec2 q) {
        const Vec2 p = (q - foot) * (1 / scale);
        Rgba c = p.y > -0.2F && std::fabs(p.x) < 1.6F
                     ? traffic.car.look(p, end, walk.pixel / scale, day_)
                     : Rgba{};
        c.light = mix(c.light, mist(c.light, z), c.cover);
        if (p.y < 0.25F) {  // its lamps, drawn out on the wet road
          const float off = std::fabs(p.x) - 0.64F;
          const float streak = exponential(-square(off / 0.26F)) * smoothstep(0.25F, -0.2F, p.y) *
                               smoothstep(-3, -0.3F, p.y);
          const float broken = 0.7F + 0.6F * noise(Vec2{p.x * 2, p.y * 5 + 30 / z}, 8);
          c.light += lamp * (0.75F * wet_ * day_.lamps * streak * broken * (1 - 0.7F * c.cover));
        }
        return c;
      });
}

void City::paint(float t, Film& film) const {
  Walk walk{};
  walk.t = t;
  walk.view = camera_.at(t);
  walk.way = speed_ * t;
  walk.side = walk.view.shift.x;
  walk.pixel = film.pixel() / walk.view.zoom;
  film.expose([&](Vec2 picture) {
    const Vec2 p = (picture - Vec2{0, walk.view.shift.y}) * (1 / walk.view.zoom);
    return look({p.x, p.y - 0.02F}, walk, 1);
  });

  struct Thing {
    float z;
    int kind, index;  // 0 lamp left, 1 lamp right, 2 walker, 3 traffic
  };
  std::vector<Thing> things;
  const int lamp = floor_int(walk.way / kLampGap);
  for (int i = lamp; i < lamp + 9; ++i) {
    const float z = (float(i) + 0.5F) * kLampGap - walk.way;
    things.push_back({z, 0, i});
    things.push_back({z, 1, i});
  }
  for (std::size_t i = 0; i < walkers_.size(); ++i) {
    things.push_back({walkers_[i].ahead + walkers_[i].speed * t - walk.way, 2, int(i)});
  }
  for (std::size_t i = 0; i < traffic_.size(); ++i) {
    things.push_back({traffic_[i].ahead + traffic_[i].speed * t - walk.way, 3, int(i)});
  }
  std::sort(things.begin(), things.end(), [](const Thing& a, const Thing& b) { return a.z > b.z; });
  for (const Thing& thing : things) {
    if (thing.z < 3 || thing.z > kEnd) continue;
    const auto i = static_cast<std::size_t>(thing.index);
    if (thing.kind < 2)
      draw_lamp(film, walk, thing.kind == 0 ? -kKerb - 0.6F : kKerb + 0.6F, thing.z);
    if (thing.kind == 2) draw_walker_on(film, walk, walkers_[i], thing.z);
    if (thing.kind == 3) draw_traffic(film, walk, traffic_[i], thing.z);
  }
}

}  // namespace

std::unique_ptr<Scene> make_city(const Script& script) { return std::make_unique<City>(script); }

}  // namespace videogen::scenes
