// A marble head in a museum, nearly still: the light wanders, the camera breathes.
//
// The head is a blend of signed distances. Marching it costs far more than a frame may, and it
// doesn't move, so its relief (place, normal, openness) is found once, and every frame looks
// it up, shifted by depth as the camera sways, and lights it anew.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "scenes/camera_internal.h"
#include "scenes/head_internal.h"
#include "scenes/scenes_internal.h"
#include "scenes/texture_internal.h"

namespace videogen::scenes {
namespace {

struct Hall {
  Rgb wall, floor_glow, key, fill, rim;
};
constexpr std::array kHalls{
    Hall{srgb(0x5A2A24), srgb(0x8A4A36), srgb(0xFFE2B8) * 1.8F, srgb(0x7A6A70) * 0.35F,
         srgb(0x8FB0E0) * 0.8F},
    Hall{srgb(0x2F3F4A), srgb(0x5A6A70), srgb(0xEAF2FF) * 1.8F, srgb(0x6A7A8A) * 0.35F,
         srgb(0xFFC890) * 0.8F},
    Hall{srgb(0x3F4A38), srgb(0x6A7258), srgb(0xFFF0D0) * 1.8F, srgb(0x7A8070) * 0.35F,
         srgb(0xC0D8FF) * 0.7F},
    Hall{srgb(0x77716A), srgb(0x9A938A), srgb(0xFFFFFF) * 1.7F, srgb(0x9AA0A8) * 0.45F,
         srgb(0xFFE8D0) * 0.6F},
};

class Bust final : public Scene {
 public:
  explicit Bust(const Script& script) : Bust(script, Rng(script.seed, 1)) {}
  Bust(const Script& script, Rng rng)
      : hall_(rng.pick(std::span<const Hall>(kHalls))),
        camera_(rng, {.pan = 0.05F, .tilt = 0.012F, .zoom = 0.03F, .shake = 0.0012F}),
        side_(rng.chance(0.5F) ? 1.0F : -1.0F),
        warm_stone_(rng.unit()),
        stone_{rng.unit(), rng.unit()},
        relief_(carve(Head::draw(Rng(script.cast, 2)))),
        off_centre_(rng.range(-0.10F, 0.10F) * script.aspect) {}

  void paint(float t, Film& film) const override;
  [[nodiscard]] Grade grade() const override {
    return {.exposure = 1.0F, .bloom = 0.05F, .vignette = 0.5F, .grain = 0.016F};
  }

 private:
  struct Light {
    Vec3 key;
    float t, pixel;
  };

  [[nodiscard]] Rgb wall(Vec2 p, float t, float pixel) const;
  [[nodiscard]] Rgb marble(const Relief& at, const Light& light) const;

  const Hall& hall_;
  Camera camera_;
  float side_, warm_stone_;
  Vec2 stone_;
  Texture<Relief> relief_;
  float off_centre_;
};

// Plaster with a soft pool of light, and the head's shadow in it.
Rgb Bust::wall(Vec2 p, float t, float pixel) const {
  const float plaster = soft_fractal().tiled(p * 0.22F + stone_, pixel * 0.22F) +
                        0.35F * rough_fractal().tiled(p * 0.8F, pixel * 0.8F);
  const Vec2 pool = p - Vec2{-0.25F * side_ + 0.05F * sine(0.03F * t), 0.10F};
  const float lit = exponential(-1.9F * dot(pool, pool));
  const Vec2 shadow = p - Vec2{0.34F * side_ + 0.02F * sine(0.031F * t), 0.0F};
  const float dark = exponential(-7 * dot(shadow, shadow));
  const float panel = smoothstep(0.010F, 0.0F, std::fabs(p.y + 0.27F)) * 0.5F;
  Rgb c = hall_.wall * (0.9F + 0.35F * plaster) * (0.12F + 1.05F * lit * (1 - 0.5F * dark));
  c = c * (1 - 0.4F * panel);
  return mix(c, hall_.floor_glow * 0.35F, 0.4F * smoothstep(-0.1F, -0.6F, p.y));
}

Rgb Bust::marble(const Relief& at, const Light& light) const {
  const Vec3 n = unit(at.normal + Vec3{0, 0, 1e-4F});
  // Veins run through the block, not over its surface: two slices of it, crossed.
  const Vec2 a{at.place.x * 0.35F + at.place.z * 0.2F, at.place.y * 0.35F - at.place.z * 0.15F};
  const float cloud = soft_fractal().tiled(a + stone_, 0.002F);
  const float vein =
      std::fabs(soft_fractal().tiled(a * 1.7F + stone_ + Vec2{0.4F, 0.1F}, 0.002F) + 0.4F * cloud);
  const float grain = rough_fractal().tiled(a * 5, 0.004F);
  Rgb stone =
      mix(srgb(0xDCDCDA), srgb(0xE6D6BC), warm_stone_) * (0.92F + 0.12F * cloud + 0.05F * grain);
  stone = mix(stone, srgb(0x7A7470), 0.55F * smoothstep(0.035F, 0.0F, vein));
  const float dust = smoothstep(0.4F, 0.95F, n.y) * 0.12F;
  stone = mix(stone, srgb(0x8A8070), dust);

  // Light enters marble and comes out nearby: the terminator is soft and a little warm.
  const float lambert = dot(n, light.key);
  const float wrap = most(lambert + 0.15F, 0) / 1.15F;
  const float cast = smoothstep(0.25F, 0.75F, at.open + 0.35F * lambert);
  const Rgb through = Rgb{0.10F, 0.045F, 0.02F} * (unit_clamp(1 - 4 * square(lambert)) * at.open);
  const Vec3 rim_at = unit(Vec3{side_ * 0.95F, 0.25F, -0.35F});
  const float rim = most(dot(n, rim_at), 0) * smoothstep(0.75F, 0.1F, n.z);
  const Vec3 half = unit(light.key + Vec3{0, 0, 1});
  const float gloss = power(unit_clamp(dot(n, half)), 42) * 0.28F * cast;
  const float sky = 0.6F + 0.4F * n.y;
  return stone * (hall_.key * (wrap * cast) + hall_.fill * (sky * at.open) +
                  hall_.rim * (rim * at.open) + through) +
         hall_.key * gloss;
}

void Bust::paint(float t, Film& film) const {
  const Camera::View view = camera_.at(t);
  Light light{};
  light.t = t;
  light.pixel = film.pixel();
  light.key = unit(Vec3{-0.75F * side_ + 0.28F * sine(0.035F * t + warm_stone_),
                        0.62F + 0.12F * sine(0.027F * t), 0.62F});
  const float fit = least(1, 1.1F * film.aspect());  // narrow pictures show all of it, smaller
  film.expose([&](Vec2 picture) {
    const Vec2 p = turned(picture, view.roll) * (1 / view.zoom);
    const Rgb behind = wall(p + view.shift * 0.35F, t, film.pixel());
    // What stands nearer moves farther: two steps find the depth that is seen here.
    const Vec2 q = (p - Vec2{off_centre_, 0}) * (1 / (fit * kReliefSpan)) + Vec2{0.5F, 0.5F};
    const float footprint = film.pixel() / kReliefSpan;
    Relief at = relief_.single(q + view.shift * 0.5F, footprint);
    for (int step = 0; step < 2 && at.cover > 0; ++step) {
      const float depth = at.place.z / at.cover;
      at = relief_.single(q + view.shift * (0.5F + 0.35F * depth), footprint);
    }
    if (at.cover <= 0.002F) return behind;
    const Rgb stone = marble(at * (1 / at.cover), light);
    return mix(behind, stone, unit_clamp(at.cover));
  });
}

}  // namespace

std::unique_ptr<Scene> make_bust(const Script& script) { return std::make_unique<Bust>(script); }

}  // namespace videogen::scenes
