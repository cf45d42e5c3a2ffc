#include "scenes/region_internal.h"

#include <cmath>
#include <limits>

#include "scenes/defect_internal.h"

namespace videogen::scenes {
namespace {

// A sketch pixel is about 1/72 of the height: faster things are lost, not followed.
constexpr int kReach = 7;
// Of the mean squared difference, for each pixel of displacement: where nothing tells, stay.
constexpr float kInertia = 1.5F;

// Mean squared difference of two blocks, the second displaced.
class BlockMatch {
 public:
  BlockMatch(const media::Image& from, const media::Image& to, int x, int y, int half)
      : from_(from), to_(to), x_(x), y_(y), half_(half) {}

  [[nodiscard]] float cost(int dx, int dy) const {
    std::int64_t sum = 0;
    int count = 0;
    for (int j = -half_; j <= half_; ++j) {
      for (int i = -half_; i <= half_; ++i) {
        if (!inside(x_ + i, y_ + j) || !inside(x_ + i + dx, y_ + j + dy)) continue;
        const std::uint8_t* a = from_.row(y_ + j) + 3 * (x_ + i);
        const std::uint8_t* b = to_.row(y_ + j + dy) + 3 * (x_ + i + dx);
        for (int c = 0; c < 3; ++c) sum += (int(a[c]) - int(b[c])) * (int(a[c]) - int(b[c]));
        ++count;
      }
    }
    if (count < half_ * half_) return std::numeric_limits<float>::max();
    return float(sum) / float(3 * count) + kInertia * float(std::abs(dx) + std::abs(dy));
  }

 private:
  [[nodiscard]] bool inside(int x, int y) const {
    return x >= 0 && y >= 0 && x < from_.width && y < from_.height;
  }
  const media::Image& from_;
  const media::Image& to_;
  int x_, y_, half_;
};

// The lowest point of a parabola through three costs, −½…½ from the middle one.
float vertex(float before, float here, float after) {
  const float bend = before - 2 * here + after;
  return bend > 0 && bend < 1e30F ? clamp(0.5F * (before - after) / bend, -0.5F, 0.5F) : 0;
}

// Pixels from one sketch to the next.
Vec2 step(const media::Image& from, const media::Image& to, Vec2 at, float radius) {
  const float scale = float(from.height);
  const int half = std::clamp(int(radius * scale), 4, 16);
  const BlockMatch match(from, to, int(at.x * scale), int(at.y * scale), half);
  int x = 0;
  int y = 0;
  float best = match.cost(0, 0);
  for (int dy = -kReach; dy <= kReach; ++dy) {
    for (int dx = -kReach; dx <= kReach; ++dx) {
      const float cost = match.cost(dx, dy);
      if (cost >= best) continue;
      best = cost;
      x = dx;
      y = dy;
    }
  }
  return {float(x) + vertex(match.cost(x - 1, y), best, match.cost(x + 1, y)),
          float(y) + vertex(match.cost(x, y - 1), best, match.cost(x, y + 1))};
}

}  // namespace

Rgb sample(const media::Image& image, Vec2 p) {
  const float height = float(image.height);
  const float x = clamp(p.x * height - 0.5F, 0, float(image.width - 1));
  const float y = clamp(p.y * height - 0.5F, 0, float(image.height - 1));
  const int i = std::min(int(x), image.width - 2);
  const int j = std::min(int(y), image.height - 2);
  const std::uint8_t* top = image.row(j) + 3 * i;
  const std::uint8_t* bottom = image.row(j + 1) + 3 * i;
  float out[3];
  for (int c = 0; c < 3; ++c) {
    const float low = mix(float(top[c]), float(top[c + 3]), x - float(i));
    const float high = mix(float(bottom[c]), float(bottom[c + 3]), x - float(i));
    out[c] = mix(low, high, y - float(j));
  }
  return {out[0], out[1], out[2]};
}

Pixels::Pixels(const media::Image& image, Vec2 centre, float reach) {
  const auto bound = [&](float at, int limit) {
    return std::clamp(int(at * float(image.height)), 0, limit - 1);
  };
  left = bound(centre.x - reach, image.width);
  right = bound(centre.x + reach, image.width);
  top = bound(centre.y - reach, image.height);
  bottom = bound(centre.y + reach, image.height);
}

float detail(const media::Image& image, int x, int y) {
  const int right = std::min(x + 1, image.width - 1);
  const int down = std::min(y + 1, image.height - 1);
  return std::fabs(luma(image, right, y) - luma(image, x, y)) +
         std::fabs(luma(image, x, down) - luma(image, x, y));
}

Track::Track(const Stage& stage, const Region& region, std::int64_t first) : first_(first) {
  media::Image before = stage.sketch(Stage::kOriginal, first);
  const float pixel = 1.0F / float(before.height);
  const float aspect = float(before.width) * pixel;
  Vec2 at = region.centre;
  path_.emplace_back();
  for (std::int64_t frame = first + 1; frame < stage.frames(); ++frame) {
    media::Image after = stage.sketch(Stage::kOriginal, frame);
    at = at + step(before, after, at, region.radius) * pixel;
    // What leaves the picture is followed to its edge: some of the damage stays in sight.
    at = {clamp(at.x, 0.02F, aspect - 0.02F), clamp(at.y, 0.02F, 0.98F)};
    path_.push_back(at - region.centre);
    before = std::move(after);
  }
}

}  // namespace videogen::scenes
