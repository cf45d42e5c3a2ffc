#include "scenes/sprite_internal.h"

#include "scenes/noise_internal.h"
#include "scenes/shapes_internal.h"

namespace videogen::scenes {
namespace {

// One leaf: pointed at both ends, its rib a shade darker, one half lit.
void draw_leaf(Canvas& canvas, Vec2 centre, float size, float turn, Rgb colour) {
  canvas.draw(around(centre, {size, size}), [&](Vec2 p) {
    const Vec2 q = turned(p - centre, -turn) * (1 / size);
    const float half = 0.42F * (1 - q.x * q.x);
    const float cover = coverage(std::fabs(q.y) - half, canvas.pixel() / size);
    if (std::fabs(q.x) >= 1 || cover <= 0) return Rgba{};
    const float rib = 1 - 0.25F * smoothstep(0.12F, 0.0F, std::fabs(q.y));
    return tinted(colour * (rib * (q.y > 0 ? 1.1F : 0.9F)), cover);
  });
}

void draw_stroke(Canvas& canvas, Vec2 a, Vec2 b, float width, float end, Rgb colour) {
  const Vec2 margin{width + canvas.pixel(), width + canvas.pixel()};
  const Box box{Vec2{least(a.x, b.x), least(a.y, b.y)} - margin,
                Vec2{most(a.x, b.x), most(a.y, b.y)} + margin};
  canvas.draw(box, [&](Vec2 p) {
    return tinted(colour, coverage(stroke(p, a, b, width, end), canvas.pixel()));
  });
}

}  // namespace

Texture<Rgba> paint_leaves(Rng& rng, const Foliage& foliage) {
  Canvas canvas(512);
  const std::uint32_t seed = rng.bits();
  for (int i = 0; i < 9; ++i) {
    const float turn = rng.unit();
    const float reach = rng.range(0.25F, 0.42F);
    const Vec2 tip = Vec2{0.5F, 0.5F} + turned({reach, 0}, turn);
    draw_stroke(canvas, {0.5F, 0.5F}, tip, 0.012F, 0.003F, foliage.shade * 0.6F);
  }
  constexpr int kLeaves = 2600;
  for (int i = 0; i < kLeaves; ++i) {
    const float front = float(i) / kLeaves;  // later leaves lie above earlier ones
    const float turn = rng.unit();
    const float reach = 0.45F * std::sqrt(rng.unit());
    const Vec2 d = turned({reach, 0}, turn);
    const Vec2 at = Vec2{0.5F, 0.5F} + d;
    // Leaves crowd on twigs and leave gaps.
    if (noise(at * 9, seed) + 0.5F * noise(at * 21, seed + 1) < -0.05F + 0.8F * (reach - 0.25F)) {
      continue;
    }
    const float sun = unit_clamp(0.45F + 1.1F * d.y + 0.35F * front + rng.range(-0.2F, 0.2F));
    Rgb colour = mix(foliage.shade, foliage.leaf, unit_clamp(1.6F * sun * (0.35F + front)));
    colour = mix(colour, foliage.tip, 0.8F * smoothstep(0.62F, 1.0F, sun));
    const float size = rng.range(0.007F, 0.016F);
    const float lean = rng.unit();
    draw_leaf(canvas, at, size, lean, colour);
  }
  return std::move(canvas).finish();
}

Texture<Rgba> paint_fern(Rng& rng, const Foliage& foliage) {
  Canvas canvas(512);
  constexpr int kFronds = 11;
  for (int frond = 0; frond < kFronds; ++frond) {
    const float lean = rng.range(-0.9F, 0.9F);
    const float length_of = rng.range(0.45F, 0.8F);
    const float front = float(frond) / kFronds;
    Vec2 at{0.5F + rng.range(-0.03F, 0.03F), 0.0F};
    float direction = 0.25F - 0.10F * lean;  // turns, upright is a quarter
    constexpr int kSteps = 26;
    for (int step = 0; step < kSteps; ++step) {
      const float k = float(step) / kSteps;
      const Vec2 ahead = turned({length_of / kSteps, 0}, direction);
      direction -= 0.016F * lean * (0.4F + 1.3F * k);
      const Rgb colour = mix(mix(foliage.shade, foliage.leaf, 0.25F + 0.75F * front), foliage.tip,
                             0.6F * k * front);
      draw_stroke(canvas, at, at + ahead, 0.006F, 0.004F, colour * 0.7F);
      const float width = 0.085F * std::sqrt(k + 0.05F) * (1 - k) * 1.9F;
      for (const float side : {0.20F, -0.20F}) {
        const Vec2 tip = at + turned({width, 0}, direction + side);
        draw_leaf(canvas, mix(at, tip, 0.5F), 0.5F * width + 0.004F, direction + side,
                  colour * (side > 0 ? 1.1F : 0.85F));
      }
      at = at + ahead;
    }
  }
  return std::move(canvas).finish();
}

Texture<Rgba> paint_conifer(Rng& rng, const Foliage& foliage, float snow) {
  Canvas canvas(512);
  draw_stroke(canvas, {0.5F, 0.0F}, {0.5F, 0.95F}, 0.028F, 0.004F, srgb(0x2E231B));
  constexpr int kTiers = 46;
  for (int tier = 0; tier < kTiers; ++tier) {
    const float k = float(tier) / kTiers;
    const float height = 0.07F + 0.88F * k;
    const float reach = 0.27F * power(1 - k, 0.85F) * rng.range(0.8F, 1.12F) + 0.012F;
    const int twigs = 9 + int(26 * (1 - k));
    for (int twig = 0; twig < twigs; ++twig) {
      const float side = rng.range(-1, 1);
      const Vec2 root{0.5F + 0.25F * reach * side, height + 0.02F};
      const Vec2 tip{0.5F + reach * side,
                     height - 0.05F * (1 - k) * std::fabs(side) - rng.range(0, 0.03F)};
      const float sun = unit_clamp(0.45F - 0.35F * side + rng.range(-0.25F, 0.25F));
      const Rgb colour = mix(foliage.shade, mix(foliage.leaf, foliage.tip, sun * sun), sun);
      const float thick = 0.007F + 0.008F * (1 - k);
      draw_stroke(canvas, root, tip, thick, 0.3F * thick, colour);
      if (rng.unit() < snow) {
        const Vec2 lift{0, 0.4F * thick};
        draw_stroke(canvas, mix(root, tip, 0.3F) + lift, mix(root, tip, 0.95F) + lift,
                    0.75F * thick, 0.4F * thick, Rgb{0.80F, 0.85F, 0.95F} * (0.55F + 0.45F * sun));
      }
    }
  }
  return std::move(canvas).finish();
}

}  // namespace videogen::scenes
