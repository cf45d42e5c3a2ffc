// Morphs of things: one vanishes, appears, smears, or leaps in size and pose. Each is a ragged
// cut-out that follows what it lies on.
#include <array>
#include <cmath>
#include <optional>

#include "scenes/change_internal.h"
#include "scenes/heal_internal.h"

namespace videogen::scenes {
namespace {

// Its surroundings close over what was there.
class Vanish final : public Effect {
 public:
  Vanish(Change change, const Heal& heal) : change_(std::move(change)), heal_(heal) {}
  void damage(media::Image& image, std::int64_t frame, const Stage&) const override {
    if (frame < change_.first) return;
    heal_.apply(image, change_.region, change_.track.moved(frame), change_.way(frame));
  }

 private:
  Change change_;
  Heal heal_;
};

// A cut-out of another take, or of another part of the picture, is there.
class Appear final : public Effect {
 public:
  // Its content lies around `origin`, which moves along `path`.
  Appear(Change change, std::optional<Stage::Take> take, Vec2 origin, Track path)
      : change_(std::move(change)), take_(take), origin_(origin), path_(std::move(path)) {}

  void damage(media::Image& image, std::int64_t frame, const Stage& stage) const override {
    if (frame < change_.first) return;
    const media::Image source = take_ ? stage.shoot(*take_, frame) : image;
    const Vec2 offset =
        origin_ + path_.moved(frame) - change_.region.centre - change_.track.moved(frame);
    visit_region(image, change_, frame, [&](int x, int y, Vec2 p, float w) {
      put(image, x, y, sample(source, p + offset), w * change_.way(frame));
    });
  }

 private:
  Change change_;
  std::optional<Stage::Take> take_;
  Vec2 origin_;
  Track path_;
};

// Wiped as wet paint is, along curves.
class Smear final : public Effect {
 public:
  Smear(Change change, float depth, float turn)
      : change_(std::move(change)), depth_(depth), turn_(turn) {}

  void damage(media::Image& image, std::int64_t frame, const Stage&) const override {
    if (frame < change_.first) return;
    const media::Image source = image;
    const Vec2 moved = change_.track.moved(frame);
    const float reach = depth_ * change_.way(frame);
    visit_region(image, change_, frame, [&](int x, int y, Vec2 p, float w) {
      const Vec2 q = (p - moved) * (0.8F / change_.region.radius);
      const float turn = turn_ + 0.2F * octaves(q, 2, change_.region.seed + 80);
      const Vec2 along = Vec2{cosine(turn), sine(turn)} * (w * reach / kTaps);
      Rgb sum;
      for (int k = 0; k < kTaps; ++k) {
        sum += sample(source, p + along * (float(k) - 0.5F * float(kTaps - 1)));
      }
      put(image, x, y, sum * (1.0F / kTaps), 1);
    });
  }

 private:
  static constexpr int kTaps = 11;
  Change change_;
  float depth_;  // length of the wipe, picture heights
  float turn_;   // its direction
};

// Another size, place and angle at once.
class Pop final : public Effect {
 public:
  Pop(Change change, float growth, float turn, Vec2 shift)
      : change_(std::move(change)), growth_(growth), turn_(turn), shift_(shift) {}

  void damage(media::Image& image, std::int64_t frame, const Stage&) const override {
    if (frame < change_.first) return;
    const media::Image source = image;
    const Vec2 centre = change_.region.centre + change_.track.moved(frame);
    const float way = change_.way(frame);
    const float zoom = 1 / (1 + way * growth_);
    const Vec2 row{cosine(way * turn_) * zoom, sine(way * turn_) * zoom};
    visit_region(image, change_, frame, [&](int x, int y, Vec2 p, float w) {
      const Vec2 d = p - centre;
      const Vec2 there = centre + Vec2{dot(d, row), row.x * d.y - row.y * d.x} - shift_ * way;
      put(image, x, y, sample(source, p + (there - p) * w), 1);
    });
  }

 private:
  Change change_;
  float growth_;  // of its size
  float turn_;    // turns
  Vec2 shift_;    // picture heights
};

// Mean difference of two sketches inside the region.
float unlike(const media::Image& a, const media::Image& b, const Region& region) {
  return mean_inside(a, region,
                     [&](int x, int y) { return std::fabs(luma(a, x, y) - luma(b, x, y)); });
}

Region detailed_region(const media::Image& sketch, Rng& rng) {
  return find_region(sketch, rng, [&](int x, int y) { return detail(sketch, x, y); });
}

}  // namespace

std::unique_ptr<Effect> plant_vanish(const Order& order, Stage& stage, Change& change, Rng& rng) {
  const media::Image before = stage.sketch(Stage::kOriginal, order.first);
  constexpr float kSearched = 0.16F;  // radius; places are the same for all severities
  // What differs most from what could lie behind it, where the surroundings agree: a thing.
  change.region = best_region(before, rng, [&](Region region) {
    region.radius = kSearched;
    const Heal heal(before, region, region.centre);
    media::Image after = before;
    heal.apply(after, region, {}, 1);
    return most(0, unlike(before, after, region) - 0.7F * heal.mismatch());
  });
  change.region.radius = order.graded(0.11F, 0.16F, 0.24F);
  change.track = Track(stage, change.region, order.first);
  const Vec2 to = change.region.centre + change.track.moved(stage.frames() - 1);
  const Heal heal(before, change.region, to);
  return std::make_unique<Vanish>(change, heal);
}

std::unique_ptr<Effect> plant_appear(const Order& order, Stage& stage, Change& change, Rng& rng) {
  const media::Image before = stage.sketch(Stage::kOriginal, order.first);
  const bool doubles = rng.chance(0.5F);
  std::optional<Stage::Take> take;
  if (!doubles) take = stage.add_stranger(rng);
  const media::Image there = take ? stage.sketch(*take, order.first) : before;
  const Region origin = detailed_region(there, rng);
  // Where it looks out of place.
  change.region = best_region(before, rng, [&](Region region) {
    region.radius = 0.16F;
    const Vec2 offset = origin.centre - region.centre;
    return mean_inside(before, region, [&](int x, int y) {
      const Rgb pasted = sample(there, place(before, x, y) + offset);
      return std::fabs(0.3F * pasted.x + 0.6F * pasted.y + 0.1F * pasted.z - luma(before, x, y));
    });
  });
  change.region.radius = order.graded(0.11F, 0.16F, 0.24F);
  change.track = Track(stage, change.region, order.first);
  Track path;
  if (doubles) path = Track(stage, origin, order.first);
  return std::make_unique<Appear>(change, take, origin.centre, std::move(path));
}

std::unique_ptr<Effect> plant_smear(const Order& order, Stage& stage, Change& change, Rng& rng) {
  change.region = detailed_region(stage.sketch(Stage::kOriginal, order.first), rng);
  change.region.radius = order.graded(0.13F, 0.2F, 0.3F);
  change.track = Track(stage, change.region, order.first);
  const float depth = order.graded(0.06F, 0.11F, 0.2F);
  return std::make_unique<Smear>(change, depth, rng.unit());
}

std::unique_ptr<Effect> plant_pop(const Order& order, Stage& stage, Change& change, Rng& rng) {
  change.region = detailed_region(stage.sketch(Stage::kOriginal, order.first), rng);
  change.region.radius = order.graded(0.14F, 0.2F, 0.3F);
  change.track = Track(stage, change.region, order.first);
  const float sign = rng.chance(0.5F) ? 1.0F : -1.0F;
  const float growth = sign * order.graded(0.12F, 0.2F, 0.32F);
  const float turn = (rng.chance(0.5F) ? 1.0F : -1.0F) * order.graded(0.015F, 0.03F, 0.06F);
  const float heading = rng.unit();
  const Vec2 shift = Vec2{cosine(heading), sine(heading)} * order.graded(0.02F, 0.035F, 0.06F);
  return std::make_unique<Pop>(change, growth, turn, shift);
}

}  // namespace videogen::scenes
