// Snow falling on a few cabins between firs, windows lit, smoke from the chimneys.
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

constexpr float kHorizon = 0.0F, kEye = 1.0F;

struct Fir {
  Vec2 place;  // across, and depth
  float height, phase;
  int sprite;
  bool mirrored;
};

struct Cabin {
  Vec2 place;
  float width;  // half, at depth 1
  bool smokes;
  Rgb logs;
  std::uint32_t seed;
};

class Snowfall final : public Scene {
 public:
  explicit Snowfall(const Script& script) : Snowfall(script, Rng(script.seed, 1)) {}
  Snowfall(const Script& script, Rng rng)
      : day_(draw_daylight(rng, kHours)),
        sky_(rng, day_),
        camera_(rng, {.pan = 0.12F, .tilt = 0.01F, .zoom = 0.07F, .shake = 0.002F}),
        wind_(rng.range(-0.10F, 0.10F)),
        flakes_(260 + rng.below(260)) {
    sky_.set_clouds(0.8F, 0.01F);
    Rng cast(script.cast, 2);
    land_ = cast.bits();
    for (std::uint32_t i = 0; i < 2; ++i) hills_.emplace_back(land_ + 40 + i, 4);
    const Foliage needles{srgb(0x0E1A18), srgb(0x24403A), srgb(0x47695A)};
    for (auto& sprite : firs_painted_) sprite = paint_conifer(cast, needles, 0.75F);
    place_things(cast, script.aspect);
  }

  void paint(float t, Film& film) const override;
  [[nodiscard]] Grade grade() const override {
    return {.exposure = 1.1F, .bloom = 0.11F, .vignette = 0.35F, .grain = 0.012F};
  }

 private:
  static constexpr std::array kHours{Hour::blue, Hour::night, Hour::dusk, Hour::overcast,
                                     Hour::dawn};

  struct Seat {  // where something stands on the picture, and how large a unit is there
    Vec2 foot;
    float scale;
  };

  void place_things(Rng& rng, float aspect);
  [[nodiscard]] float drift(Vec2 q) const {
    return 0.16F * noise(q * 0.8F, land_) + 0.07F * noise(q * 2.1F, land_ + 1);
  }
  [[nodiscard]] Seat seat(Vec2 place, const Camera::View& view) const {
    const float z = place.y;
    const Vec2 p{(place.x - view.shift.x) / z, kHorizon - kEye / z + drift(place) * 0.3F / z};
    return {turned(p - Vec2{0, view.shift.y}, -view.roll) * view.zoom, view.zoom / z};
  }
  [[nodiscard]] Rgb veil(Rgb c, float z) const {
    const Rgb air = mix(day_.horizon, day_.zenith, 0.4F) * 0.85F;
    return mix(c, air, 1 - exponential(-0.035F * z * (0.5F + day_.haze)));
  }
  [[nodiscard]] Rgb backdrop(Vec2 p, float t, float pan, float pixel) const;
  [[nodiscard]] Rgb snow(Vec2 p, float pan, float pixel) const;
  void draw_fir(Film& film, const Fir& fir, float t, const Camera::View& view) const;
  void draw_cabin(Film& film, const Cabin& cabin, const Camera::View& view) const;
  void draw_smoke(Film& film, const Cabin& cabin, float t, const Camera::View& view) const;
  void draw_flakes(Film& film, float t, const Camera::View& view) const;
  [[nodiscard]] Rgba cabin_look(Vec2 p, const Cabin& cabin, float pixel) const;

  const Daylight& day_;
  Sky sky_;
  Camera camera_;
  float wind_;
  int flakes_;
  std::uint32_t land_ = 0;
  std::vector<Skyline> hills_;
  std::array<Texture<Rgba>, 2> firs_painted_;
  std::vector<Fir> firs_;
  std::vector<Cabin> cabins_;
};

void Snowfall::place_things(Rng& rng, float aspect) {
  static constexpr std::array kLogs{srgb(0x5A3A26), srgb(0x6E4A30), srgb(0x4A3A34), srgb(0x6A2E26)};
  const int cabins = 1 + rng.below(3);
  for (int i = 0; i < cabins; ++i) {
    Cabin cabin{};
    const float depth = rng.range(4.2F, 8.5F);
    const float slot = (float(i) + rng.range(0.25F, 0.75F)) / float(cabins) - 0.5F;
    cabin.place = {slot * 0.9F * aspect * depth, depth};
    cabin.width = rng.range(0.8F, 1.15F);
    cabin.smokes = rng.chance(0.75F);
    cabin.logs = rng.pick(std::span<const Rgb>(kLogs));
    cabin.seed = rng.bits();
    cabins_.push_back(cabin);
  }
  for (int i = 0; i < 34; ++i) {
    Fir fir{};
    const float depth = 2.3F + 16 * square(1 - float(i) / 34);
    fir.place = {rng.range(-0.62F, 0.62F) * aspect * depth, depth};
    fir.height = rng.range(1.7F, 3.2F);
    fir.phase = rng.unit();
    fir.sprite = rng.below(int(firs_painted_.size()));
    fir.mirrored = rng.chance(0.5F);
    // The near ones frame the view and leave its middle free.
    const float side = fir.place.x / (aspect * depth);
    const bool blocks = depth < 9 && std::fabs(side) < 0.30F;
    if (!blocks) firs_.push_back(fir);
  }
  const auto farther = [](const auto& a, const auto& b) { return a.place.y > b.place.y; };
  std::sort(firs_.begin(), firs_.end(), farther);
  std::sort(cabins_.begin(), cabins_.end(), farther);
}

// Sky, and hills with the teeth of far firs.
Rgb Snowfall::backdrop(Vec2 p, float t, float pan, float pixel) const {
  Rgb c = sky_.at({p.x, p.y + 0.02F}, t, pixel);
  for (int hill = 0; hill < 2; ++hill) {
    const float near = float(hill);
    const std::uint32_t seed = land_ + 40 + std::uint32_t(hill);
    const float x = p.x + pan * (0.03F + 0.03F * near);
    const float body =
        (0.15F - 0.06F * near) * (0.9F + hills_[std::size_t(hill)].at(x * (1.4F + near)));
    const float teeth = 0.012F *
                        std::fabs(fraction(x * (55 - 15 * near) + noise(x * 30, seed)) - 0.5F) *
                        (1 + noise(x * 9, seed));
    const float cover = coverage(p.y - body - teeth * (1 + near), 1.5F * pixel);
    if (cover <= 0) continue;
    const float wood = smoothstep(
        -0.15F, 0.2F, noise(Vec2{x * 7, p.y * 24}, seed) + 0.5F * noise(Vec2{x * 40, p.y * 60}, 8));
    const Rgb white = Rgb{0.72F, 0.78F, 0.88F} * (day_.ambient * 0.9F + day_.sun * 0.08F);
    const Rgb dark = srgb(0x1D2B2A) * (day_.ambient * 0.9F);
    c = mix(c, veil(mix(white, dark, wood), 26 - 9 * near), cover);
  }
  return c;
}

Rgb Snowfall::snow(Vec2 p, float pan, float pixel) const {
  const float z = kEye / most(kHorizon - p.y, 0.4F * pixel);
  const Vec2 q{p.x * z + pan, z};
  const float wide = z * pixel;
  // Drifts, lit from the side of the sky's glow.
  const float step = most(0.05F, wide);
  const float slope =
      (drift(q + Vec2{step, 0}) - drift(q)) / step * (sky_.sun().x > 0 ? 1.0F : -1.0F);
  const float powder = rough_fractal().tiled(q * 0.6F, wide * 0.6F * std::sqrt(z));
  const float glints =
      smoothstep(0.93F, 1.0F, hash_unit(floor_int(q.x * 60), floor_int(q.y * 60), 3)) *
      smoothstep(0.02F, 0.004F, wide);
  const float lit = 0.72F + 0.75F * slope + 0.16F * powder;
  Rgb c = Rgb{0.80F, 0.85F, 0.93F} *
          (day_.ambient * lit + day_.sun * (0.16F * unit_clamp(lit + slope)));
  c += day_.ambient * (0.5F * glints);
  // A trodden path to the nearest cabin.
  const Cabin& home = cabins_.back();
  const float way = unit_clamp((z - 1.5F) / (home.place.y - 1.5F));
  const float path = std::fabs(q.x - home.place.x * way * way - 0.12F * noise(z * 0.9F, land_));
  const float steps = 0.6F + 0.4F * noise(q * 9, land_ + 5);
  if (z < home.place.y) c = c * (1 - 0.34F * steps * smoothstep(0.26F, 0.14F, path));
  // Warm light from the windows lies on the snow before the walls.
  for (const Cabin& cabin : cabins_) {
    const Vec2 d{q.x - cabin.place.x, (q.y - cabin.place.y + 0.5F) * 0.8F};
    c += Rgb{1.0F, 0.52F, 0.18F} * (0.55F * day_.lamps * exponential(-1.1F * dot(d, d)));
  }
  return veil(c, z);
}

void Snowfall::draw_fir(Film& film, const Fir& fir, float t, const Camera::View& view) const {
  const Seat at = seat(fir.place, view);
  const float half = 0.5F * fir.height * at.scale;
  const Texture<Rgba>& sprite = firs_painted_[static_cast<std::size_t>(fir.sprite)];
  const float gust = 0.6F + 0.5F * noise(0.3F * t + 9 * fir.phase, 12);
  const float sway = 0.010F * gust * sine(0.22F * t + fir.phase) + 0.05F * wind_;
  const Rgb light = day_.ambient * 0.95F + day_.sun * 0.10F;
  const float z = fir.place.y;
  const float air = 1 - exponential(-0.035F * z * (0.5F + day_.haze));
  const Rgb haze = veil({}, 1e3F);
  film.draw({at.foot - Vec2{half, 0.12F * half}, at.foot + Vec2{half, 2 * half}}, [&](Vec2 p) {
    Vec2 uv{0.5F + 0.5F * (p.x - at.foot.x) / half, 0.5F * (p.y - at.foot.y) / half + 0.03F};
    uv.x -= sway * uv.y * uv.y;
    if (fir.mirrored) uv.x = 1 - uv.x;
    Rgba c = sprite.single(uv, 0.5F * film.pixel() / half);
    c.light = mix(c.light * light, haze * c.cover, air);
    return c;
  });
}

// In half widths of the cabin: its front from −1 to 1, the ground at 0.
Rgba Snowfall::cabin_look(Vec2 p, const Cabin& cabin, float pixel) const {
  const Rgb light = day_.ambient * 0.9F + day_.sun * 0.08F +
                    Rgb{0.30F, 0.16F, 0.06F} * day_.lamps * exponential(-2 * square(p.y - 0.3F));
  Rgba c;
  const float chimney = rectangle(p, {0.45F, 1.25F}, {0.11F, 0.34F});
  c = over(
      tinted(srgb(0x6A5650) * light * (0.9F + 0.2F * noise(p * 22, 3)), coverage(chimney, pixel)),
      c);
  c = over(tinted(Rgb{0.8F, 0.85F, 0.93F} * light,
                  coverage(rectangle(p, {0.45F, 1.62F}, {0.14F, 0.05F}) - 0.03F, pixel)),
           c);
  const float wall = rectangle(p, {0, 0.30F}, {0.92F, 0.42F});
  const float gable = triangle(p, {-0.92F, 0.70F}, {0, 1.42F}, {0.92F, 0.70F});
  const float log = fraction(p.y / 0.085F);
  const float round =
      0.55F + 0.9F * log * (1 - log) * 2 + 0.15F * noise(Vec2{p.x * 5, p.y * 40}, cabin.seed);
  c = over(tinted(cabin.logs * light * round, coverage(least(wall, gable), pixel)), c);
  // Windows and a door, with a glow that falls off behind the panes.
  for (const float x : {-0.5F, 0.5F}) {
    const Vec2 w{x, 0.42F};
    const float frame = rectangle(p, w, {0.22F, 0.20F});
    const float pane =
        rectangle({std::fabs(p.x - w.x), std::fabs(p.y - w.y)}, {0.095F, 0.085F}, {0.08F, 0.07F});
    c = over(tinted(srgb(0xD8CFC0) * light, coverage(frame, pixel)), c);
    const float candle = 1.2F - 1.6F * length(p - w - Vec2{0, -0.05F});
    const Rgb glow =
        mix(day_.zenith * 0.3F, Rgb{3.0F, 1.55F, 0.5F} * most(candle, 0.4F), day_.lamps);
    c = over(tinted(glow, coverage(pane, pixel)), c);
  }
  c = over(
      tinted(srgb(0x3A241A) * light, coverage(rectangle(p, {0.0F, 0.26F}, {0.16F, 0.28F}), pixel)),
      c);
  // The roof and the snow that lies thick on it.
  const float top = 1.50F - 0.80F * std::fabs(p.x);
  const float thick = 0.13F + 0.03F * noise(p.x * 4, cabin.seed + 4);
  const float roof = most(std::fabs(p.y - top - 0.02F) - thick,
                          std::fabs(p.x) - 1.12F - 0.03F * noise(p.y * 9, 2)) -
                     0.03F;
  const float shade =
      0.75F + 0.25F * smoothstep(-thick, thick, p.y - top) + 0.05F * noise(p * 9, 7);
  c = over(tinted(Rgb{0.82F, 0.87F, 0.95F} * light * shade, coverage(roof, pixel)), c);
  const float bank = p.y - 0.05F - 0.05F * noise(p.x * 3, cabin.seed + 6);
  const float soft = smoothstep(1.15F, 0.8F, std::fabs(p.x)) * smoothstep(-0.16F, -0.02F, p.y);
  return over(tinted(Rgb{0.78F, 0.83F, 0.92F} * light * 0.9F, soft * coverage(bank, 0.06F)), c);
}

void Snowfall::draw_cabin(Film& film, const Cabin& cabin, const Camera::View& view) const {
  const Seat at = seat(cabin.place, view);
  const float unit_size = cabin.width * at.scale;
  film.draw({at.foot - Vec2{1.3F * unit_size, 0.3F * unit_size},
             at.foot + Vec2{1.3F * unit_size, 2 * unit_size}},
            [&](Vec2 p) {
              Rgba c = cabin_look((p - at.foot) * (1 / unit_size), cabin, film.pixel() / unit_size);
              c.light = mix(c.light, veil(c.light, cabin.place.y), c.cover);
              return c;
            });
}

void Snowfall::draw_smoke(Film& film, const Cabin& cabin, float t, const Camera::View& view) const {
  if (!cabin.smokes) return;
  const Seat at = seat(cabin.place, view);
  const float unit_size = cabin.width * at.scale;
  const Vec2 mouth = at.foot + Vec2{0.45F, 1.68F} * unit_size;
  const Rgb grey = (day_.ambient * 0.9F + day_.horizon * 0.25F) * 0.75F;
  film.draw({mouth - Vec2{1.6F * unit_size, 0}, mouth + Vec2{1.6F * unit_size, 3.2F * unit_size}},
            [&](Vec2 p) {
              const Vec2 q = (p - mouth) * (1 / unit_size);
              const float bend = 4.5F * wind_ * q.y * q.y * 0.25F +
                                 0.10F * q.y * noise(q.y * 1.3F - 0.35F * t, cabin.seed);
              const float wide = 0.07F + 0.20F * q.y;
              const float core = smoothstep(1, 0, std::fabs(q.x - bend) / wide);
              const float puffs =
                  soft_fractal().tiled(Vec2{q.x * 0.3F, q.y * 0.22F - 0.07F * t}, film.pixel());
              const float density = 0.42F * core * smoothstep(-0.3F, 0.3F, puffs + 0.1F) *
                                    smoothstep(3.2F, 0.6F, q.y);
              return tinted(grey, density);
            });
}

// Flakes at many depths; near ones are large, quick and out of focus.
void Snowfall::draw_flakes(Film& film, float t, const Camera::View& view) const {
  const float wide = film.aspect() + 0.3F;
  const Rgb light = day_.ambient * 1.3F + day_.horizon * 0.5F + Rgb{0.05F, 0.06F, 0.08F};
  const float gust = wind_ * t + 0.05F * noise(0.25F * t, 61);
  for (int i = 0; i < flakes_; ++i) {
    const std::uint32_t h = hash(i, 2, land_);
    const float z = 0.35F + 3.2F * std::sqrt(to_unit(h));
    const float flutter = 0.02F * sine(0.5F * t * (0.6F + to_unit(hash(h))) + to_unit(hash(h + 1)));
    const float x = fraction(to_unit(hash(h + 2)) + (gust - 0.3F * view.shift.x) / (z * wide));
    const float fall = 0.16F * (0.8F + 0.4F * to_unit(hash(h + 4)));
    const float y = fraction(to_unit(hash(h + 3)) - fall * t / z);
    const Vec2 centre{(x - 0.5F) * wide + flutter / z, y * 1.1F - 0.55F};
    const float radius = 0.0024F / z + 0.0010F;
    const float soft = most(film.pixel(), radius * (z < 0.7F ? 1.6F : 0.8F));
    // The shutter is open for half a frame of film.
    const Vec2 smear{0.010F * wind_ / z, -0.010F * fall / z};
    const Vec2 half{radius + soft + std::fabs(smear.x), radius + soft + std::fabs(smear.y)};
    const float strength = z < 0.7F ? 0.45F : 0.85F / (0.6F + 0.35F * z);
    film.draw(around(centre, half), [&](Vec2 p) {
      const float d = stroke(p, centre - smear, centre + smear, 2 * radius, 2 * radius);
      return tinted(light, strength * smoothstep(soft, -soft, d));
    });
  }
}

void Snowfall::paint(float t, Film& film) const {
  const Camera::View view = camera_.at(t);
  const float pixel = film.pixel();
  film.expose([&](Vec2 picture) {
    const Vec2 p = turned(picture, view.roll) * (1 / view.zoom) + Vec2{0, view.shift.y};
    return p.y > kHorizon ? backdrop({p.x, p.y - kHorizon}, t, view.shift.x, pixel)
                          : snow(p, view.shift.x, pixel);
  });
  std::size_t next = 0;
  for (const Cabin& cabin : cabins_) {
    for (; next < firs_.size() && firs_[next].place.y > cabin.place.y; ++next) {
      draw_fir(film, firs_[next], t, view);
    }
    draw_cabin(film, cabin, view);
    draw_smoke(film, cabin, t, view);
  }
  for (; next < firs_.size(); ++next) draw_fir(film, firs_[next], t, view);
  draw_flakes(film, t, view);
}

}  // namespace

std::unique_ptr<Scene> make_snowfall(const Script& script) {
  return std::make_unique<Snowfall>(script);
}

}  // namespace videogen::scenes
