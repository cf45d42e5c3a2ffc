// Morphs, as generated clips do them: a part of the picture melts, or turns into what could
// have been there instead, within a few frames; there is no cut, and it stays that way.
#include <algorithm>
#include <array>
#include <cmath>

#include "scenes/defect_internal.h"
#include "scenes/noise_internal.h"
#include "scenes/pixels_internal.h"

namespace videogen::scenes {
namespace {

// A soft, uneven spot; in picture heights, y down.
struct Region {
  Vec2 centre;
  float radius = 0.2F;
  std::uint32_t seed = 0;

  // 1 in the middle, 0 outside.
  [[nodiscard]] float weight(Vec2 p) const {
    const Vec2 d = p - centre;
    const float ragged = radius * (1 + 0.35F * octaves(p * (2.2F / radius), 3, seed));
    return smoothstep(1, 0.55F, length(d) / most(ragged, 1e-3F));
  }
};

Vec2 place(const media::Image& image, int x, int y) {
  const float scale = 1.0F / float(image.height);
  return {(float(x) + 0.5F) * scale, (float(y) + 0.5F) * scale};
}

// Mean of value(x, y) over the region's square.
template <class Value>
float mean_inside(const media::Image& image, const Region& region, const Value& value) {
  const auto bound = [&](float at, int limit) {
    return std::clamp(int(at * float(image.height)), 0, limit - 1);
  };
  const int left = bound(region.centre.x - region.radius, image.width);
  const int right = bound(region.centre.x + region.radius, image.width);
  const int top = bound(region.centre.y - region.radius, image.height);
  const int bottom = bound(region.centre.y + region.radius, image.height);
  float sum = 0;
  for (int y = top; y <= bottom; ++y) {
    for (int x = left; x <= right; ++x) sum += value(x, y);
  }
  return sum / float((right - left + 1) * (bottom - top + 1));
}

// The region, among some drawn by chance, where `value` is greatest.
template <class Value>
Region find_region(const media::Image& sketch, Rng& rng, const Value& value) {
  Region best;
  float record = -1;
  const float aspect = float(sketch.width) / float(sketch.height);
  for (int i = 0; i < 12; ++i) {
    Region region;
    region.centre = {aspect * rng.range(0.15F, 0.85F), rng.range(0.2F, 0.8F)};
    region.seed = rng.bits();
    const float found = mean_inside(sketch, region, value);
    if (found > record) {
      record = found;
      best = region;
    }
  }
  return best;
}

// How far the change has come, 0…1: never 0 from `first` on.
float progress(std::int64_t frame, std::int64_t first, std::int64_t last) {
  const float way = least(1, float(frame - first + 1) / float(last - first + 1));
  return 0.5F * (way + smoothstep(0, 1, way));
}

// The region flows like wax.
class Melt final : public Effect {
 public:
  Melt(std::int64_t first, std::int64_t last, const Region& region, float depth)
      : first_(first), last_(last), region_(region), depth_(depth) {}

  void damage(media::Image& image, std::int64_t frame, const Stage&) const override {
    if (frame < first_) return;
    const float reach = depth_ * progress(frame, first_, last_);
    const media::Image source = image;
    for (int y = 0; y < image.height; ++y) {
      for (int x = 0; x < image.width; ++x) {
        const Vec2 p = place(image, x, y);
        if (length(p - region_.centre) > 1.5F * region_.radius) continue;
        const float w = region_.weight(p) * reach;
        if (w <= 0) continue;
        const Vec2 q = p * (1.1F / region_.radius);
        const Vec2 flow{octaves(q, 3, region_.seed + 20),
                        octaves(q + Vec2{7.3F, 1.9F}, 3, region_.seed + 40) - 0.35F};
        sample(source, p + flow * w, image.row(y) + 3 * x);
      }
    }
  }

 private:
  static void sample(const media::Image& image, Vec2 p, std::uint8_t* out) {
    const float height = float(image.height);
    const float x = clamp(p.x * height - 0.5F, 0, float(image.width - 1));
    const float y = clamp(p.y * height - 0.5F, 0, float(image.height - 1));
    const int i = std::min(int(x), image.width - 2);
    const int j = std::min(int(y), image.height - 2);
    const std::uint8_t* top = image.row(j) + 3 * i;
    const std::uint8_t* bottom = image.row(j + 1) + 3 * i;
    for (int c = 0; c < 3; ++c) {
      const float low = mix(float(top[c]), float(top[c + 3]), x - float(i));
      const float high = mix(float(bottom[c]), float(bottom[c + 3]), x - float(i));
      out[c] = rounded(mix(low, high, y - float(j)));
    }
  }

  std::int64_t first_, last_;
  Region region_;
  float depth_;  // of the flow, picture heights
};

// The region dissolves into another take.
class Turn final : public Effect {
 public:
  Turn(std::int64_t first, std::int64_t last, const Region& region, Stage::Take take)
      : first_(first), last_(last), region_(region), take_(take) {}

  void damage(media::Image& image, std::int64_t frame, const Stage& stage) const override {
    if (frame < first_) return;
    const float way = progress(frame, first_, last_);
    const media::Image other = stage.shoot(take_, frame);
    blend(image, other, [&](int x, int y) {
      const Vec2 p = place(image, x, y);
      const Vec2 d = p - region_.centre;
      if (dot(d, d) > square(1.5F * region_.radius)) return 0.0F;
      // Not everywhere at once: it spreads from seeds, as an image model resolves.
      const float w = region_.weight(p);
      const float lag = 0.25F + 0.25F * noise(p * 14, region_.seed + 60);
      return w * unit_clamp(1.5F * way - lag * (1 - way));
    });
  }

 private:
  std::int64_t first_, last_;
  Region region_;
  Stage::Take take_;
};

float luma(const media::Image& image, int x, int y) {
  const std::uint8_t* p = image.row(y) + 3 * x;
  return 0.3F * float(p[0]) + 0.6F * float(p[1]) + 0.1F * float(p[2]);
}

}  // namespace

std::span<const std::string_view> morph_styles() {
  static constexpr std::array<std::string_view, 2> kStyles{"melt", "turn"};
  return kStyles;
}

Planting plant_morph(const Order& order, Stage& stage) {
  Rng rng(order.seed, 8);
  const float radius = order.graded(0.13F, 0.2F, 0.32F);
  const auto last = order.first + stage.span(0.2 + 0.4 * double(rng.unit())) - 1;
  const bool drawn = rng.chance(0.4F);
  const bool melts = order.style.empty() ? drawn : order.style == "melt";
  const media::Image before = stage.sketch(Stage::kOriginal, order.first);
  if (melts) {
    // Where there is something to melt: edges.
    Region region = find_region(before, rng, [&](int x, int y) {
      const int right = std::min(x + 1, before.width - 1);
      const int down = std::min(y + 1, before.height - 1);
      return std::fabs(luma(before, right, y) - luma(before, x, y)) +
             std::fabs(luma(before, x, down) - luma(before, x, y));
    });
    region.radius = radius;
    const float depth = order.graded(0.08F, 0.15F, 0.28F);
    return {last, std::make_unique<Melt>(order.first, last, region, depth)};
  }
  const auto differs = [&before](const media::Image& other) {
    return [&before, &other](int x, int y) {
      return std::fabs(luma(other, x, y) - luma(before, x, y));
    };
  };
  constexpr float kVisible = 12;  // of 255, mean difference inside the region
  auto take = stage.add_recast(rng.next());
  media::Image after = stage.sketch(take, order.first);
  Region region = find_region(before, rng, differs(after));
  if (mean_inside(before, region, differs(after)) < kVisible) {
    take = stage.add_stranger(rng);
    after = stage.sketch(take, order.first);
    region = find_region(before, rng, differs(after));
  }
  region.radius = radius;
  return {last, std::make_unique<Turn>(order.first, last, region, take)};
}

}  // namespace videogen::scenes
