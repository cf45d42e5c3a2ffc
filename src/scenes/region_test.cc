// Regions on a pattern that moves by known steps.
#include "scenes/region_internal.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "scenes/defect_internal.h"
#include "scenes/heal_internal.h"
#include "scenes/pixels_internal.h"

namespace videogen::scenes {
namespace {

constexpr int kWidth = 128;

// Hills of noise that move by a constant number of sketch pixels a frame.
class Drifting final : public Reel {
 public:
  explicit Drifting(Vec2 step) : step_(step) {}
  media::Image shoot(std::int64_t frame) const override { return sketch(frame); }
  media::Image sketch(std::int64_t frame) const override {
    media::Image image(kWidth, kSketchHeight);
    for (int y = 0; y < image.height; ++y) {
      for (int x = 0; x < image.width; ++x) {
        const Vec2 p = Vec2{float(x), float(y)} - step_ * float(frame);
        put(image.row(y) + 3 * x, 128 + 100 * octaves(p * 0.15F, 2, 5));
      }
    }
    return image;
  }

 private:
  static void put(std::uint8_t* pixel, float value) {
    for (int c = 0; c < 3; ++c) pixel[c] = rounded(value);
  }
  Vec2 step_;
};

class DriftingSource final : public Source {
 public:
  explicit DriftingSource(Vec2 step) : step_(step) {}
  std::unique_ptr<Reel> original() const override { return std::make_unique<Drifting>(step_); }
  std::unique_ptr<Reel> recast(std::uint64_t) const override { return original(); }
  std::unique_ptr<Reel> stranger(Rng&) const override { return original(); }
  std::vector<std::unique_ptr<Reel>> contrasts(std::int64_t, Rng&) const override { return {}; }
  std::int64_t length() const override { return std::numeric_limits<std::int64_t>::max(); }
  bool rendered() const override { return true; }

 private:
  Vec2 step_;
};

Stage drifting(Vec2 step) {
  Clip clip;
  clip.seconds = 1;
  return {std::make_unique<DriftingSource>(step), clip};
}

Region middle() { return {{0.9F, 0.5F}, 0.12F, 3}; }

TEST(Track, FollowsWhatMovesByPartsOfAPixel) {
  const Vec2 step{1.3F, -0.6F};
  const Track track(drifting(step), middle(), 4);
  for (const std::int64_t frame : {4, 5, 10, 20}) {
    const Vec2 expected = step * (float(frame - 4) / kSketchHeight);
    EXPECT_NEAR(track.moved(frame).x, expected.x, 0.03F) << frame;
    EXPECT_NEAR(track.moved(frame).y, expected.y, 0.03F) << frame;
  }
}

TEST(Track, StaysWhereNothingMovesAndInsideThePicture) {
  const Track still(drifting({0, 0}), middle(), 2);
  // A curved pattern pulls the lowest point of its parabola aside, by less than a pixel in all.
  EXPECT_NEAR(still.moved(23).x, 0, 0.01F);
  EXPECT_NEAR(still.moved(23).y, 0, 0.01F);
  const Track leaving(drifting({5, 0}), middle(), 2);
  EXPECT_LE(0.9F + leaving.moved(23).x, float(kWidth) / kSketchHeight);
  EXPECT_EQ(Track().moved(7).x, 0);
}

TEST(Region, WeighsItsMiddleFullyAndNothingFarOutside) {
  const Region region = middle();
  EXPECT_EQ(region.weight(region.centre), 1);
  EXPECT_EQ(region.weight(region.centre + Vec2{1.4F * region.radius, 0}), 0);
}

// A ramp with a bright disc on it: without the disc there is only the ramp.
TEST(Heal, LeavesOnlyTheSurroundings) {
  media::Image ramp(kWidth, kSketchHeight);
  for (int y = 0; y < ramp.height; ++y) {
    for (int x = 0; x < ramp.width; ++x) {
      for (int c = 0; c < 3; ++c) ramp.row(y)[3 * x + c] = std::uint8_t(60 + x);
    }
  }
  media::Image disc = ramp;
  const Region region = middle();
  for (int y = 0; y < disc.height; ++y) {
    for (int x = 0; x < disc.width; ++x) {
      if (length(place(disc, x, y) - region.centre) > 0.3F * region.radius) continue;
      for (int c = 0; c < 3; ++c) disc.row(y)[3 * x + c] = 255;
    }
  }
  ASSERT_GT(difference(disc, ramp), 0.1F);
  media::Image healed = disc;
  const Heal heal(disc, region, region.centre);
  EXPECT_LT(heal.mismatch(), 40);
  heal.apply(healed, region, {}, 1);
  for (std::size_t i = 0; i < ramp.rgb.size(); ++i) {
    EXPECT_NEAR(int(healed.rgb[i]), int(ramp.rgb[i]), 4) << i;
  }
}

}  // namespace
}  // namespace videogen::scenes
