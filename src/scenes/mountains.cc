// A slow flight over a mountain range, clouds passing in time-lapse.
//
// The terrain is a height field. Each column of the picture walks it from near to far and
// keeps what rises above all before it, a profile from which any point of the column finds its
// distance; light, snow, forest and mist follow from the place that is hit.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "scenes/camera_internal.h"
#include "scenes/daylight_internal.h"
#include "scenes/scenes_internal.h"
#include "scenes/texture_internal.h"

namespace videogen::scenes {
namespace {

constexpr float kNearest = 0.3F, kFarthest = 46;
constexpr float kFocal = 1.05F;

constexpr float kFine = 0.23F, kCrag = 0.13F;  // of the small relief on the large: tiles, height
constexpr float kStride = 0.1F;
constexpr float kTile = 40;  // the terrain repeats after so much

// Ridges where noise crosses zero, worn at their feet; about −0.4…1.9.
const Texture<float>& relief() {
  static const Texture<float> texture = [] {
    constexpr int kSize = 512;
    const auto& noise = soft_fractal();
    std::vector<float> texels;
    texels.reserve(std::size_t{kSize} * kSize);
    for (int y = 0; y < kSize; ++y) {
      for (int x = 0; x < kSize; ++x) {
        const Vec2 p{(float(x) + 0.5F) / kSize, (float(y) + 0.5F) / kSize};
        const float broad = noise.tiled(p, 0);
        const float ridge =
            1 - 2.6F * std::fabs(noise.tiled(Vec2{p.y, p.x} * 2 + Vec2{0.37F, 0.71F}, 0));
        const float crag = 1 - 3.0F * std::fabs(noise.tiled(p * 5 + Vec2{0.11F, 0.83F}, 0));
        const float body = 0.40F + 1.3F * broad;
        texels.push_back(body + (0.62F * ridge + 0.20F * crag) * unit_clamp(0.45F + broad * 1.4F));
      }
    }
    return Texture<float>(kSize, std::move(texels));
  }();
  return texture;
}

const Texture<Vec2>& relief_slopes() {
  static const Texture<Vec2> texture = slopes(relief());
  return texture;
}

// One column: where the terrain's visible parts begin, from the picture's foot up.
struct Profile {
  struct Point {
    float y, distance;
    int ridge;  // changes where a nearer slope hides a farther one
  };
  std::vector<Point> points;

  // The point seen at height y; nothing above the last ridge.
  [[nodiscard]] Point at(float y) const {
    const auto above = std::lower_bound(points.begin(), points.end(), y,
                                        [](const Point& p, float value) { return p.y < value; });
    if (above == points.end()) return {y, kNoTerrain, -1};
    if (above == points.begin()) return *above;
    const Point& below = *(above - 1);
    if (below.ridge != above->ridge) return *above;
    const float k = (y - below.y) / most(above->y - below.y, 1e-6F);
    return {y, mix(below.distance, above->distance, k), above->ridge};
  }
  static constexpr float kNoTerrain = -1;
};

class Mountains final : public Scene {
 public:
  explicit Mountains(const Script& script) : Mountains(script, Rng(script.seed, 1)) {}
  Mountains(const Script& script, Rng rng)
      : day_(draw_daylight(rng, kHours)),
        sky_(rng, day_),
        camera_(rng, {.pan = 0.10F, .tilt = 0.015F, .zoom = 0.0F, .shake = 0.0015F}),
        clearance_(rng.range(0.22F, 0.40F)),
        snow_line_(rng.range(0.75F, 1.25F)),
        lake_(rng.range(0.0F, 0.2F)),
        speed_(rng.range(0.05F, 0.10F)),
        autumn_(rng.unit()) {
    find_valley(Rng(script.cast, 2));
    plan_altitude(script.seconds);
    const float wind = rng.range(0.02F, 0.04F);
    const float cover = rng.range(0.25F, 0.75F);
    sky_.set_clouds(cover, wind);
    const Vec2 sun = sky_.sun();
    // From the side, so that slopes are modelled; on the side where the sky has its sun.
    to_sun_ = unit(Vec3{sun.x < 0 ? -0.9F : 0.9F, 0.30F + 0.5F * day_.sun_height, 0.25F});
    shadows_ = cast_shadows();
  }

  void paint(float t, Film& film) const override;
  [[nodiscard]] Grade grade() const override {
    return {.exposure = 1.0F, .bloom = 0.05F, .vignette = 0.25F, .grain = 0.010F};
  }

 private:
  static constexpr std::array kHours{Hour::dawn, Hour::noon, Hour::golden, Hour::overcast};

  // Where the camera is at a moment.
  struct Flight {
    Vec2 over;  // ground below it
    float altitude;
    float bearing;  // sideways slope of the view, as a tangent
    float horizon;  // picture height of the horizon
    float t, pixel;
  };

  [[nodiscard]] float height(Vec2 p, float footprint) const;
  [[nodiscard]] Profile walk(float x, float bottom, const Flight& flight) const;
  [[nodiscard]] Sample ground(Vec2 picture, const Profile::Point& seen, const Flight& flight) const;
  [[nodiscard]] Rgb water(Vec2 picture, Vec2 p, float footprint, const Flight& flight) const;
  [[nodiscard]] Rgb slope(Vec2 p, float h, float footprint, const Flight& flight) const;
  [[nodiscard]] Rgb cover(Vec2 p, float h, float steep, float footprint) const;
  [[nodiscard]] Texture<float> cast_shadows() const;
  void find_valley(Rng rng);
  void plan_altitude(float seconds);
  [[nodiscard]] float altitude(float way) const;

  const Daylight& day_;
  Sky sky_;
  Camera camera_;
  float clearance_, snow_line_, lake_, speed_, autumn_;
  Vec2 origin_;
  Vec3 to_sun_;
  std::vector<float> altitude_;  // every kStride of the way
  Texture<float> shadows_;       // share of the sun that the slopes leave, over one tile
};

float Mountains::height(Vec2 p, float footprint) const {
  const Vec2 q = p + origin_;
  const float body = relief().tiled(q * (1 / kTile), footprint / kTile);
  const float fine = soft_fractal().tiled(q * kFine, footprint * kFine);
  return most(body + kCrag * fine * (0.35F + unit_clamp(body)), lake_);
}

Profile Mountains::walk(float x, float bottom, const Flight& flight) const {
  Profile profile;
  profile.points.reserve(256);
  float top = bottom;
  int ridge = 0;
  bool hidden = false;
  float distance = kNearest;
  float before = kNearest;
  while (distance < kFarthest) {
    const float side = (x / kFocal + flight.bearing) * distance;
    const float h = height(flight.over + Vec2{side, distance}, 0.5F * distance * flight.pixel);
    const float y = flight.horizon + kFocal * (h - flight.altitude) / distance;
    if (y > top) {
      // A dip that hides next to nothing is no edge.
      if (hidden && distance > 1.06F * profile.points.back().distance) {
        profile.points.push_back({top, distance, ++ridge});
      }
      profile.points.push_back({y, distance, ridge});
      top = y;
      hidden = false;
    } else {
      hidden = !profile.points.empty();
    }
    before = distance;
    distance = before * 1.016F + 0.002F;
  }
  return profile;
}

// Low ground below the camera and high ground around it, the best of some places.
void Mountains::find_valley(Rng rng) {
  Vec2 best;
  float record = -100;
  for (int attempt = 0; attempt < 24; ++attempt) {
    origin_ = {rng.range(0, kTile), rng.range(0, kTile)};
    float path = -1;
    for (float way = 0; way < 3; way += 0.2F) path = most(path, height({0, way}, 0.05F));
    float around = 0;
    for (float way = 2; way < 11; way += 0.75F) {
      for (const float side : {-0.35F, 0.0F, 0.35F}) {
        around += height({side * way, way}, 0.05F) / 36;
      }
    }
    const float score = around - path - (path <= lake_ ? 0.35F : 0.0F);
    if (score > record) {
      record = score;
      best = origin_;
    }
  }
  origin_ = best;
}

// Above everything near, and smooth: the highest ground of a stretch, averaged over another.
void Mountains::plan_altitude(float seconds) {
  constexpr int kReach = 12;
  const int count = int(speed_ * seconds / kStride) + 2;
  std::vector<float> ground;
  for (int i = -2 * kReach; i < count + 3 * kReach; ++i) {
    float top = -1;
    for (const float side : {-0.2F, 0.0F, 0.2F}) {
      top = most(top, height({side, float(i) * kStride}, 0.05F));
    }
    ground.push_back(top);
  }
  std::vector<float> highest;
  for (std::size_t i = kReach; i + kReach < ground.size(); ++i) {
    highest.push_back(*std::max_element(ground.begin() + std::ptrdiff_t(i) - kReach,
                                        ground.begin() + std::ptrdiff_t(i) + kReach + 1));
  }
  for (std::size_t i = 0; i < std::size_t(count); ++i) {
    float sum = 0;
    for (std::size_t j = i; j <= i + 2 * kReach; ++j) sum += highest[j];
    altitude_.push_back(sum / (2 * kReach + 1) + clearance_);
  }
}

float Mountains::altitude(float way) const {
  const float at = clamp(way / kStride, 0, float(altitude_.size()) - 1.001F);
  const auto i = static_cast<std::size_t>(at);
  return mix(altitude_[i], altitude_[i + 1], at - float(i));
}

Texture<float> Mountains::cast_shadows() const {
  constexpr int kSize = 512;
  const float flat = std::sqrt(square(to_sun_.x) + square(to_sun_.z));
  const Vec2 towards{to_sun_.x / flat, to_sun_.z / flat};
  std::vector<float> texels;
  texels.reserve(std::size_t{kSize} * kSize);
  for (int y = 0; y < kSize; ++y) {
    for (int x = 0; x < kSize; ++x) {
      const Vec2 p{(float(x) + 0.5F) / kSize, (float(y) + 0.5F) / kSize};
      const float here = relief().tiled(p, 0);
      float clear = 1;
      for (const float far : {0.12F, 0.25F, 0.5F, 0.9F, 1.5F}) {
        const float there = relief().tiled(p + towards * (far / kTile), 0);
        clear = least(clear, smoothstep(0.08F, -0.05F, there - here - far * to_sun_.y / flat));
      }
      texels.push_back(clear);
    }
  }
  return {kSize, std::move(texels)};
}

// What grows or lies there, before light.
Rgb Mountains::cover(Vec2 p, float h, float steep, float footprint) const {
  const auto& rough = rough_fractal();
  const float grit = rough.tiled(p * 0.35F, footprint * 0.35F);
  const float patches = soft_fractal().tiled(p * 0.16F, footprint * 0.16F);
  const float strata = sine(5.5F * h + 0.8F * patches);
  Rgb c = mix(srgb(0x6E665C), srgb(0x8F8270), 0.5F + 0.25F * strata + 0.5F * grit);
  const Rgb meadow = mix(srgb(0x5E7034), srgb(0xA0823C), unit_clamp(autumn_ + 0.6F * patches));
  const float grass = smoothstep(0.75F, 0.45F, steep) *
                      smoothstep(snow_line_ + 0.05F, snow_line_ - 0.30F, h + 0.2F * patches);
  c = mix(c, meadow * (0.85F + 0.5F * grit), grass);
  const float trees = smoothstep(0.02F, 0.14F, patches + 0.10F) *
                      smoothstep(snow_line_ - 0.12F, snow_line_ - 0.38F, h) *
                      smoothstep(1.0F, 0.7F, steep);
  const float crowns = trees > 0 ? rough.tiled(p * 1.3F, footprint * 1.3F) : 0;
  const Rgb wood =
      mix(srgb(0x1F3320), srgb(0x6B4A1E), unit_clamp(autumn_ * 0.8F + 0.3F * crowns - 0.15F));
  c = mix(c, wood * (0.7F + 0.9F * unit_clamp(0.5F + crowns)), trees);
  const float snow =
      smoothstep(snow_line_ - 0.04F, snow_line_ + 0.14F, h + 0.22F * patches + 0.1F * grit) *
      smoothstep(1.25F, 0.75F, steep);
  return mix(c, Rgb{0.86F, 0.89F, 0.94F} * (0.96F + 0.1F * grit), snow);
}

// Rippled. From so high it mirrors the sky alone.
Rgb Mountains::water(Vec2 picture, Vec2 p, float footprint, const Flight& flight) const {
  const Vec2 drift{0.02F * flight.t, 0.013F * flight.t};
  const float ripple = rough_fractal().tiled(p * 0.9F + drift, footprint);
  const float below = flight.horizon - picture.y;
  const Rgb mirrored = sky_.clear({picture.x, below * (1 + 0.35F * ripple) + 0.02F});
  const float facing = unit_clamp(1.4F * below);
  return mix(srgb(0x16404A) * day_.ambient, mirrored * 0.85F,
             0.85F - 0.6F * facing + 0.1F * ripple);
}

Sample Mountains::ground(Vec2 picture, const Profile::Point& seen, const Flight& flight) const {
  const float z = seen.distance;
  const Vec2 p = flight.over + Vec2{(picture.x / kFocal + flight.bearing) * z, z};
  const float footprint = z * flight.pixel;
  const float h = height(p, footprint);
  const bool wet = h <= lake_ + 1e-4F;
  const int surface = 1 + 2 * seen.ridge + (wet ? 1 : 0);
  const Rgb c = wet ? water(picture, p, footprint, flight) : slope(p, h, footprint, flight);
  // Air, and mist that lies in the valleys and drifts.
  const Vec2 q = p + origin_;
  const float drift =
      soft_fractal().tiled(q * 0.09F + Vec2{0.012F * flight.t, 0.004F * flight.t}, 0.01F);
  const float low = smoothstep(0.55F, -0.05F, h - 0.35F * drift);
  const float air = 1 - exponential(-z * (0.008F + 0.020F * day_.haze + 0.04F * low * day_.haze));
  return {mix(c, sky_.clear({picture.x, 0.03F}), air * 0.94F), surface};
}

Rgb Mountains::slope(Vec2 p, float h, float footprint, const Flight& flight) const {
  const Vec2 q = p + origin_;
  const Vec2 rise =
      relief_slopes().tiled(q * (1 / kTile), footprint / kTile) * (1 / kTile) +
      soft_slopes().tiled(q * kFine, footprint * kFine) * (kFine * kCrag * (0.35F + unit_clamp(h)));
  const Vec3 normal = unit(Vec3{-rise.x, 1, -rise.y});
  const float cloud = soft_fractal().tiled(q * 0.06F + Vec2{0.035F * flight.t, 0.01F * flight.t},
                                           footprint * 0.06F);
  const float clear = shadows_.tiled(q * (1 / kTile), footprint / kTile) *
                      mix(1.0F, 0.3F, smoothstep(0.05F, 0.35F, cloud));
  const float sun = most(dot(normal, to_sun_), 0) * clear;
  const float open = 0.55F + 0.45F * normal.y;
  const Rgb albedo = cover(q, h, length(rise), footprint * 2);
  return albedo * (day_.sun * (0.62F * sun) + day_.ambient * (0.62F * open) + day_.horizon * 0.06F);
}

void Mountains::paint(float t, Film& film) const {
  const Camera::View view = camera_.at(t);
  Flight flight{};
  flight.over = {view.shift.x * 0.8F, speed_ * t};
  flight.altitude = altitude(flight.over.y);
  flight.bearing = view.shift.x * 0.6F;
  flight.horizon = 0.10F + view.shift.y;
  flight.t = t;
  flight.pixel = film.pixel() / kFocal;
  // Two columns a pixel, for the film's extra samples on edges.
  const float half = 0.5F * film.aspect();
  const int columns = int(2 * film.aspect() / film.pixel()) + 2;
  const float density = float(columns - 1) / film.aspect();
  std::vector<Profile> profiles;
  profiles.reserve(static_cast<std::size_t>(columns));
  for (int i = 0; i < columns; ++i) {
    profiles.push_back(walk((float(i) + 0.5F) / density - half, -0.52F, flight));
  }
  film.expose_traced([&](Vec2 p) {
    const auto column =
        static_cast<std::size_t>(clamp((p.x + half) * density, 0, float(columns - 1)));
    const Profile::Point seen = profiles[column].at(p.y);
    if (seen.ridge < 0) {
      return Sample{sky_.at({p.x + flight.bearing, p.y - flight.horizon}, t, film.pixel()), 0};
    }
    return ground(p, seen, flight);
  });
}

}  // namespace

std::unique_ptr<Scene> make_mountains(const Script& script) {
  return std::make_unique<Mountains>(script);
}

}  // namespace videogen::scenes
