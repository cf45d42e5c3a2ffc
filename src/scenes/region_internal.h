// A soft, ragged spot of the picture, where to put it, and how it follows what it lies on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "media/image.h"
#include "scenes/noise_internal.h"
#include "scenes/random_internal.h"

namespace videogen::scenes {

class Stage;

// In picture heights, y down.
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

inline Vec2 place(const media::Image& image, int x, int y) {
  const float scale = 1.0F / float(image.height);
  return {(float(x) + 0.5F) * scale, (float(y) + 0.5F) * scale};
}

inline float luma(const media::Image& image, int x, int y) {
  const std::uint8_t* p = image.row(y) + 3 * x;
  return 0.3F * float(p[0]) + 0.6F * float(p[1]) + 0.1F * float(p[2]);
}

inline Rgb pixel(const media::Image& image, int x, int y) {
  const std::uint8_t* p = image.row(y) + 3 * x;
  return {float(p[0]), float(p[1]), float(p[2])};
}

// The picture at a place between its pixels; edges are repeated.
Rgb sample(const media::Image& image, Vec2 p);

// Pixels of the square around a place, within the picture; `right` and `bottom` belong to it.
struct Pixels {
  Pixels(const media::Image& image, Vec2 centre, float reach);
  int left, right, top, bottom;
};

// Mean of value(x, y) over the region's square.
template <class Value>
float mean_inside(const media::Image& image, const Region& region, const Value& value) {
  const Pixels pixels(image, region.centre, region.radius);
  float sum = 0;
  for (int y = pixels.top; y <= pixels.bottom; ++y) {
    for (int x = pixels.left; x <= pixels.right; ++x) sum += value(x, y);
  }
  return sum / float((pixels.right - pixels.left + 1) * (pixels.bottom - pixels.top + 1));
}

// The region, among some drawn by chance, where `score(region)` is greatest.
template <class Score>
Region best_region(const media::Image& sketch, Rng& rng, const Score& score) {
  Region best;
  float record = -1;
  const float aspect = float(sketch.width) / float(sketch.height);
  for (int i = 0; i < 12; ++i) {
    Region region;
    region.centre = {aspect * rng.range(0.15F, 0.85F), rng.range(0.2F, 0.8F)};
    region.seed = rng.bits();
    const float found = score(region);
    if (found > record) {
      record = found;
      best = region;
    }
  }
  return best;
}

// The same by the mean of value(x, y) inside.
template <class Value>
Region find_region(const media::Image& sketch, Rng& rng, const Value& value) {
  return best_region(sketch, rng,
                     [&](const Region& region) { return mean_inside(sketch, region, value); });
}

// How much there is to see at a pixel: edges.
float detail(const media::Image& image, int x, int y);

// Where what lies at a place goes, from a frame to the end of the clip: by matching blocks of
// the undamaged sketches, from frame to frame.
class Track {
 public:
  // Stays where it is.
  Track() = default;
  Track(const Stage& stage, const Region& region, std::int64_t first);

  // Since `first`, picture heights.
  [[nodiscard]] Vec2 moved(std::int64_t frame) const {
    if (path_.empty()) return {};
    const auto at = std::clamp<std::int64_t>(frame - first_, 0, std::int64_t(path_.size()) - 1);
    return path_[static_cast<std::size_t>(at)];
  }

 private:
  std::int64_t first_ = 0;
  std::vector<Vec2> path_;
};

}  // namespace videogen::scenes
