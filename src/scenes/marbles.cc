// Marbles rolling over a wooden tray that somebody tilts.
//
// Their motion is simulated: they roll without slipping under the tilt, lose a little to
// friction, bounce off each other and off the rims.
#include <algorithm>
#include <array>
#include <vector>

#include "scenes/camera_internal.h"
#include "scenes/daylight_internal.h"
#include "scenes/ray_internal.h"
#include "scenes/scenes_internal.h"
#include "scenes/texture_internal.h"

namespace videogen::scenes {
namespace {

constexpr float kHalfLength = 1.75F, kHalfDepth = 1.05F;  // of the tray, inside
constexpr float kRimWidth = 0.09F, kRimHeight = 0.13F;
constexpr int kTicksASecond = 60, kStepsATick = 8;

// Columns of a rotation: a marble's own axes in the world.
struct Turning {
  Vec3 x{1, 0, 0}, y{0, 1, 0}, z{0, 0, 1};

  void roll(Vec3 by) {  // by: axis times angle, small
    const auto rotate = [by](Vec3 v) { return v + cross(by, v); };
    x = unit(rotate(x));
    y = rotate(y);
    y = unit(y - x * dot(x, y));
    z = cross(x, y);
  }
  [[nodiscard]] Vec3 own(Vec3 world) const { return {dot(x, world), dot(y, world), dot(z, world)}; }
};

enum class Make { swirl, stone, banded, steel };

struct Marble {
  float radius;
  Make make;
  Rgb base, accent;
  std::uint32_t seed;
};

struct State {
  Vec2 place, speed;  // on the floor: x and z
  Turning turning;
};

// What moves, at each tick.
class Roll {
 public:
  Roll(Rng rng, const std::vector<Marble>& marbles, float seconds)
      : tilt_phase_{rng.unit(), rng.unit()}, count_(marbles.size()) {
    std::vector<State> states;
    for (std::size_t i = 0; i < marbles.size(); ++i) states.push_back(drop(rng, states, marbles));
    const int ticks = int(seconds * kTicksASecond) + 2;
    for (int tick = 0; tick < ticks; ++tick) {
      ticks_.insert(ticks_.end(), states.begin(), states.end());
      for (int step = 0; step < kStepsATick; ++step) {
        const float t = (float(tick) + float(step) / kStepsATick) / kTicksASecond;
        advance(states, marbles, t);
      }
    }
  }

  [[nodiscard]] std::vector<State> at(float t) const {
    const std::size_t steps = ticks_.size() / count_;
    const float tick = clamp(t * kTicksASecond, 0, float(steps - 2) + 0.999F);
    const auto first = static_cast<std::size_t>(tick);
    const float k = tick - float(first);
    std::vector<State> states;
    for (std::size_t i = 0; i < count_; ++i) {
      State s = ticks_[first * count_ + i];
      const State& next = ticks_[(first + 1) * count_ + i];
      s.place = mix(s.place, next.place, k);
      s.turning.x = unit(mix(s.turning.x, next.turning.x, k));
      s.turning.y = unit(mix(s.turning.y, next.turning.y, k));
      s.turning.z = cross(s.turning.x, s.turning.y);
      states.push_back(s);
    }
    return states;
  }

 private:
  // A place where nothing lies yet, as far as chance finds one.
  static State drop(Rng& rng, const std::vector<State>& there, const std::vector<Marble>& marbles) {
    State state;
    for (int attempt = 0; attempt < 40; ++attempt) {
      state.place = {rng.range(-0.8F, 0.8F) * kHalfLength, rng.range(-0.75F, 0.75F) * kHalfDepth};
      bool free = true;
      for (std::size_t j = 0; j < there.size(); ++j) {
        const float gap = marbles[there.size()].radius + marbles[j].radius + 0.02F;
        free = free && length(state.place - there[j].place) > gap;
      }
      if (free) break;
    }
    state.speed = {rng.range(-0.5F, 0.5F), rng.range(-0.35F, 0.35F)};
    state.turning.roll({rng.range(-1, 1), rng.range(-1, 1), rng.range(-1, 1)});
    return state;
  }

  void advance(std::vector<State>& states, const std::vector<Marble>& marbles, float t) const {
    constexpr float kStep = 1.0F / (kTicksASecond * kStepsATick);
    const Vec2 pull{0.42F * sine(0.11F * t + tilt_phase_[0]),
                    0.30F * sine(0.14F * t + tilt_phase_[1])};
    for (std::size_t i = 0; i < count_; ++i) {
      State& s = states[i];
      const float r = marbles[i].radius;
      s.speed = (s.speed + pull * kStep) * (1 - 0.25F * kStep);
      s.place = s.place + s.speed * kStep;
      s.turning.roll(Vec3{s.speed.y, 0, -s.speed.x} * (kStep / r));
      bounce(s.place.x, s.speed.x, kHalfLength - r);
      bounce(s.place.y, s.speed.y, kHalfDepth - r);
      for (std::size_t j = 0; j < i; ++j) collide(s, states[j], r, marbles[j].radius);
    }
  }

  static void bounce(float& place, float& speed, float limit) {
    if (std::fabs(place) < limit) return;
    if (place * speed > 0) speed *= -0.62F;
    place = clamp(place, -limit, limit);
  }

  static void collide(State& a, State& b, float ra, float rb) {
    const Vec2 d = a.place - b.place;
    const float gap = length(d);
    if (gap >= ra + rb || gap < 1e-5F) return;
    const Vec2 n = d * (1 / gap);
    const float ma = ra * ra * ra;
    const float mb = rb * rb * rb;
    const Vec2 apart = n * ((ra + rb - gap) / (ma + mb));
    a.place = a.place + apart * mb;
    b.place = b.place - apart * ma;
    const float closing = dot(a.speed - b.speed, n);
    if (closing >= 0) return;
    const Vec2 impulse = n * (-1.86F * closing / (ma + mb));
    a.speed = a.speed + impulse * mb;
    b.speed = b.speed - impulse * ma;
  }

  float tilt_phase_[2];
  std::size_t count_;
  std::vector<State> ticks_;  // [tick, marble]
};

class Marbles final : public Scene {
 public:
  explicit Marbles(const Script& script) : Marbles(script, Rng(script.seed, 1)) {}
  Marbles(const Script& script, Rng rng)
      : camera_(rng, {.pan = 0.22F, .tilt = 0.10F, .zoom = 0.06F, .shake = 0.006F}),
        warm_(rng.unit()),
        timber_{rng.unit(), rng.unit()},
        lamp_(unit(Vec3{rng.range(-0.7F, 0.7F), 1.0F, rng.range(-0.2F, 0.7F)})),
        marbles_(draw_marbles(script.cast)),
        roll_(Rng(script.cast, 3), marbles_, script.seconds) {}

  void paint(float t, Film& film) const override;
  [[nodiscard]] Grade grade() const override {
    return {.exposure = 0.95F, .bloom = 0.05F, .vignette = 0.4F, .grain = 0.010F};
  }

 private:
  struct Hit {
    float distance = kNoHit;
    int surface = 0;  // 0 the room, 1 floor, 2 rim, 3 and on: marbles
    Vec3 normal;
  };
  // The tray at one moment.
  struct Moment {
    std::vector<State> states;
    std::vector<Vec3> centres;
    float pixel;
  };

  static std::vector<Marble> draw_marbles(std::uint64_t cast);

  [[nodiscard]] Hit trace(const Ray& ray, const Moment& m) const;
  [[nodiscard]] Rgb wood(Vec2 p, float footprint, float tone) const;
  [[nodiscard]] Rgb room(Vec3 d) const;
  [[nodiscard]] Rgb surface(const Ray& ray, const Hit& hit, const Moment& m) const;
  [[nodiscard]] Rgb flat(const Ray& ray, const Hit& hit, const Moment& m) const;
  [[nodiscard]] Rgb marble(const Ray& ray, const Hit& hit, const Moment& m) const;
  [[nodiscard]] float light_at(Vec3 p, Vec3 n, const Moment& m, std::size_t except) const;

  Camera camera_;
  float warm_;
  Vec2 timber_;  // where in the wood
  Vec3 lamp_;    // direction to it
  std::vector<Marble> marbles_;
  Roll roll_;
};

std::vector<Marble> Marbles::draw_marbles(std::uint64_t cast) {
  static const std::array tones{srgb(0x1D5FA8), srgb(0xC23B2E), srgb(0x2F8F5B), srgb(0xE0A526),
                                srgb(0xEDE7DA), srgb(0x5B3A8C), srgb(0x1F9AA6), srgb(0xD86A8A)};
  Rng rng(cast, 2);
  std::vector<Marble> marbles(static_cast<std::size_t>(6 + rng.below(4)));
  for (Marble& marble : marbles) {
    marble.radius = rng.range(0.13F, 0.24F);
    marble.make = static_cast<Make>(rng.below(4));
    marble.base = rng.pick(std::span<const Rgb>(tones));
    marble.accent = rng.pick(std::span<const Rgb>(tones));
    marble.seed = rng.bits();
  }
  return marbles;
}

Marbles::Hit Marbles::trace(const Ray& ray, const Moment& m) const {
  Hit hit;
  const float floor = meet_floor(ray, 0);
  if (floor < kNoHit) hit = {floor, 1, {0, 1, 0}};
  for (std::size_t i = 0; i < m.centres.size(); ++i) {
    const float d = meet_sphere(ray, m.centres[i], marbles_[i].radius);
    if (d < hit.distance) {
      hit = {d, 3 + int(i), {}};
      hit.normal = (ray.at(d) - m.centres[i]) * (1 / marbles_[i].radius);
    }
  }
  constexpr float kX = kHalfLength, kZ = kHalfDepth, kW = kRimWidth;
  static constexpr Vec3 kRims[4][2] = {{{-kX - kW, 0, -kZ - kW}, {kX + kW, kRimHeight, -kZ}},
                                       {{-kX - kW, 0, kZ}, {kX + kW, kRimHeight, kZ + kW}},
                                       {{-kX - kW, 0, -kZ}, {-kX, kRimHeight, kZ}},
                                       {{kX, 0, -kZ}, {kX + kW, kRimHeight, kZ}}};
  for (const auto& rim : kRims) {
    Vec3 normal;
    const float d = meet_box(ray, rim[0], rim[1], normal);
    if (d < hit.distance) hit = {d, 2, normal};
  }
  return hit;
}

// Planks along x, each cut from another part of the log.
Rgb Marbles::wood(Vec2 p, float footprint, float tone) const {
  const float width = 0.34F;
  const int plank = floor_int(p.y / width);
  const float across = fraction(p.y / width);
  const Vec2 log{p.x * 0.10F + timber_.x + 0.37F * float(plank), p.y * 0.55F + timber_.y};
  const float figure = soft_fractal().tiled(log, footprint * 0.4F);
  const float rings = sine(4.5F * figure + 0.9F * p.y);
  const float pores = rough_fractal().tiled({p.x * 0.16F, p.y * 2.3F}, footprint * 1.5F);
  const float own = hash_unit(plank, 3, 9) - 0.5F;
  Rgb c = mix(srgb(0x6E4324), srgb(0xB98350), 0.5F + 0.30F * rings + 0.35F * own);
  c = mix(c, srgb(0x3B2415), unit_clamp(0.10F + 0.9F * pores)) * (0.85F + 0.3F * tone);
  const float seam = least(across, 1 - across) * width;
  return c * (1 - 0.65F * coverage(seam - 0.004F, most(footprint, 0.004F)));
}

// A dim room with one tall window, which the glass mirrors.
Rgb Marbles::room(Vec3 d) const {
  const Rgb dark = mix(srgb(0x2A2F3A), srgb(0x3A2E26), warm_);
  const Rgb ceiling = mix(srgb(0x8C97A6), srgb(0xA68D72), warm_);
  Rgb c = mix(dark, ceiling, smoothstep(-0.2F, 1, d.y)) * 0.7F;
  const Vec3 side = unit(cross(lamp_, Vec3{0, 0, 1}));
  const Vec3 rise = cross(side, lamp_);
  const float ahead = dot(d, lamp_);
  if (ahead <= 0.05F) return c;
  const float u = std::fabs(dot(d, side) / ahead);
  const float v = std::fabs(dot(d, rise) / ahead);
  const float pane = smoothstep(0.46F, 0.42F, u) * smoothstep(0.62F, 0.58F, v) *
                     smoothstep(0.012F, 0.03F, u) * smoothstep(0.012F, 0.03F, std::fabs(v - 0.2F));
  return c + mix(srgb(0xDCE9FF), srgb(0xFFE2B8), warm_) * (5.5F * pane);
}

// Share of the lamp's light that reaches a point, times the openness to the room in `n`.
float Marbles::light_at(Vec3 p, Vec3 n, const Moment& m, std::size_t except) const {
  float light = 1;
  for (std::size_t i = 0; i < m.centres.size(); ++i) {
    if (i == except) continue;
    light *= sphere_shadow(p, lamp_, m.centres[i], marbles_[i].radius, 0.16F);
    light *= 0.35F + 0.65F * sphere_openness(p, n, m.centres[i], marbles_[i].radius);
  }
  return light;
}

Rgb Marbles::flat(const Ray& ray, const Hit& hit, const Moment& m) const {
  const Vec3 p = ray.at(hit.distance);
  const float slant = most(0.12F, -dot(ray.along, hit.normal));
  const float footprint = hit.distance * m.pixel / std::sqrt(slant);
  const bool outside = hit.surface == 1 && (std::fabs(p.x) > kHalfLength + kRimWidth ||
                                            std::fabs(p.z) > kHalfDepth + kRimWidth);
  Rgb albedo = wood({p.x, p.z + p.y}, footprint, 0.5F);
  if (hit.surface == 2) albedo = wood({p.z + p.x, p.y * 2 + p.x * 0.02F}, footprint, 0.9F) * 0.8F;
  if (outside) {  // a linen cloth under the tray
    const float weave = rough_fractal().tiled(Vec2{p.x, p.z} * 2.1F, footprint * 2.1F);
    albedo = mix(srgb(0x49566B), srgb(0x7B6A58), warm_) * (0.85F + 0.5F * weave);
  }
  // The rims keep some light from the corners they stand in.
  float corner = 1;
  if (hit.surface == 1) {
    const float rx = std::fabs(std::fabs(p.x) - kHalfLength - 0.5F * kRimWidth) - 0.5F * kRimWidth;
    const float rz = std::fabs(std::fabs(p.z) - kHalfDepth - 0.5F * kRimWidth) - 0.5F * kRimWidth;
    corner = 0.45F + 0.55F * smoothstep(0, 0.22F, least(most(rx, 0), most(rz, 0)));
    if (outside)
      corner = 0.45F + 0.55F * smoothstep(0, 0.3F, length(Vec2{most(rx, 0), most(rz, 0)}));
  }
  const float key = most(dot(hit.normal, lamp_), 0) * light_at(p, hit.normal, m, m.centres.size());
  const Rgb lamp = mix(srgb(0xDCE9FF), srgb(0xFFE2B8), warm_);
  Rgb c = albedo * (lamp * (1.05F * key) + room({0, 1, 0}) * 0.28F) * corner;
  if (outside || hit.surface == 2) return c;
  // Varnish.
  const Ray mirrored{p, reflect(ray.along, hit.normal)};
  const float sheen = 0.035F + 0.5F * power(1 - slant, 4);
  Rgb seen = room(mirrored.along) * 0.5F;
  for (std::size_t i = 0; i < m.centres.size(); ++i) {
    if (meet_sphere(mirrored, m.centres[i], marbles_[i].radius * 0.97F) < kNoHit) {
      seen = marbles_[i].base * 0.35F;
    }
  }
  return c + seen * sheen;
}

Rgb Marbles::marble(const Ray& ray, const Hit& hit, const Moment& m) const {
  const auto i = static_cast<std::size_t>(hit.surface - 3);
  const Marble& self = marbles_[i];
  const Vec3 p = ray.at(hit.distance);
  const Vec3 own = m.states[i].turning.own(hit.normal);
  const float facing = unit_clamp(-dot(ray.along, hit.normal));
  const float fresnel = 0.04F + 0.96F * power(1 - facing, 5);
  const float light = light_at(p, hit.normal, m, i);
  const float key = most(dot(hit.normal, lamp_), 0) * light;
  const Rgb bounce = srgb(0x9A6A40) * (0.20F * unit_clamp(0.5F - 0.5F * hit.normal.y));
  const Ray mirrored{p, reflect(ray.along, hit.normal)};
  Rgb seen = room(mirrored.along);
  const float down = meet_floor(mirrored, 0);
  if (down < kNoHit) {
    const Vec3 q = mirrored.at(down);
    seen = wood({q.x, q.z}, 0.02F, 0.5F) * (0.35F + 0.5F * light_at(q, {0, 1, 0}, m, i));
  }
  if (self.make == Make::steel) return seen * mix(srgb(0xC9CDD2), Rgb{1, 1, 1}, fresnel) * 0.9F;

  const Vec2 around{own.x + 0.6F * own.z, own.y - 0.5F * own.z};
  float pattern = 0;
  if (self.make == Make::swirl) {  // ribbons inside clear glass, nearer the core than the skin
    const float twist = 0.22F * own.y + 0.08F * noise(around * 2, self.seed);
    const Vec2 core = turned({own.x, own.z}, twist);
    pattern = smoothstep(0.16F, 0.05F, std::fabs(core.x) * (0.7F + 0.5F * facing));
  } else if (self.make == Make::stone) {
    const float vein = octaves(around * 2.6F, 4, self.seed);
    pattern = smoothstep(0.10F, 0.0F, std::fabs(vein)) * 0.8F + 0.25F * octaves(around * 7, 2, 5);
  } else {
    pattern = smoothstep(-0.02F, 0.02F, std::fabs(own.y + 0.05F * noise(around * 3, 8)) - 0.28F);
  }
  Rgb body = mix(self.base, self.accent, unit_clamp(pattern));
  if (self.make == Make::swirl) {
    // Light gathers on the far side of glass.
    const float gathered = power(unit_clamp(0.5F - 0.5F * dot(hit.normal, lamp_)), 3) * facing;
    const Rgb clear = mix(Rgb{0.35F, 0.42F, 0.42F}, self.base, 0.35F);
    body = mix(clear * (0.35F + 0.9F * gathered), self.accent * 1.1F, unit_clamp(pattern));
  }
  const Rgb lamp = mix(srgb(0xDCE9FF), srgb(0xFFE2B8), warm_);
  const Rgb lit = body * (lamp * (1.05F * key) + room({0, 1, 0}) * (0.30F * light) + bounce);
  return mix(lit, seen, fresnel * 0.9F + 0.03F);
}

Rgb Marbles::surface(const Ray& ray, const Hit& hit, const Moment& m) const {
  if (hit.surface == 0) return room(ray.along);
  return hit.surface < 3 ? flat(ray, hit, m) : marble(ray, hit, m);
}

void Marbles::paint(float t, Film& film) const {
  Moment m;
  m.states = roll_.at(t);
  for (std::size_t i = 0; i < marbles_.size(); ++i) {
    const Vec2 p = m.states[i].place;
    m.centres.push_back({p.x, marbles_[i].radius, p.y});
  }
  const Camera::View view = camera_.at(t);
  // Far enough away for the tray to fill a picture of any shape.
  const float wide = most(1, 1.2F / film.aspect());
  const float focal = 1.5F * view.zoom / wide;
  m.pixel = film.pixel() / focal;
  const Vec3 from = Vec3{view.shift.x * 2.2F, 2.35F + view.shift.y, -2.9F};
  const Eye eye(from, {view.shift.x, 0, -0.05F}, focal, view.roll);
  film.expose_traced([&](Vec2 picture) {
    const Ray ray = eye.ray(picture);
    const Hit hit = trace(ray, m);
    return Sample{surface(ray, hit, m), hit.surface};
  });
}

}  // namespace

std::unique_ptr<Scene> make_marbles(const Script& script) {
  return std::make_unique<Marbles>(script);
}

}  // namespace videogen::scenes
