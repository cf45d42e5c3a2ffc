// Morphs, as generated clips do them: a part of the picture melts, vanishes, smears, or turns
// into what could have been there instead, within a few frames; there is no cut, and it stays
// that way.
#include <algorithm>
#include <array>
#include <cmath>

#include "scenes/change_internal.h"

namespace videogen::scenes {
namespace {

enum class Style { melt, turn, vanish, appear, smear, pop };
constexpr std::array<std::string_view, 6> kStyles{"melt",   "turn",  "vanish",
                                                  "appear", "smear", "pop"};

// The region flows like wax.
class Melt final : public Effect {
 public:
  Melt(Change change, float depth) : change_(std::move(change)), depth_(depth) {}

  void damage(media::Image& image, std::int64_t frame, const Stage&) const override {
    if (frame < change_.first) return;
    const float reach = depth_ * change_.way(frame);
    const media::Image source = image;
    const Vec2 moved = change_.track.moved(frame);
    const auto& [centre, radius, seed] = change_.region;
    visit_region(image, change_, frame,
                 [&, radius = radius, seed = seed](int x, int y, Vec2 p, float w) {
                   const Vec2 q = (p - moved) * (1.1F / radius);
                   const Vec2 flow{octaves(q, 3, seed + 20),
                                   octaves(q + Vec2{7.3F, 1.9F}, 3, seed + 40) - 0.35F};
                   put(image, x, y, sample(source, p + flow * (w * reach)), 1);
                 });
  }

 private:
  Change change_;
  float depth_;  // of the flow, picture heights
};

// The region dissolves into another take.
class Turn final : public Effect {
 public:
  // `tint` is added to the take, so that it may come closer to what it replaces.
  Turn(Change change, Stage::Take take, Rgb tint)
      : change_(std::move(change)), take_(take), tint_(tint) {}

  void damage(media::Image& image, std::int64_t frame, const Stage& stage) const override {
    if (frame < change_.first) return;
    const float way = change_.way(frame);
    const media::Image other = stage.shoot(take_, frame);
    const Vec2 moved = change_.track.moved(frame);
    visit_region(image, change_, frame, [&](int x, int y, Vec2 p, float w) {
      // Not everywhere at once: it spreads from seeds, as an image model resolves.
      const float lag = 0.25F + 0.25F * noise((p - moved) * 14, change_.region.seed + 60);
      const float share = w * unit_clamp(1.5F * way - lag * (1 - way));
      if (share > 0) put(image, x, y, pixel(other, x, y) + tint_, share);
    });
  }

 private:
  Change change_;
  Stage::Take take_;
  Rgb tint_;
};

std::unique_ptr<Effect> plant_melt(const Order& order, Stage& stage, Change& change, Rng& rng,
                                   bool follows) {
  const media::Image before = stage.sketch(Stage::kOriginal, order.first);
  // Where there is something to melt: edges.
  change.region = find_region(before, rng, [&](int x, int y) { return detail(before, x, y); });
  change.region.radius = order.graded(0.13F, 0.2F, 0.32F);
  if (follows) change.track = Track(stage, change.region, order.first);
  return std::make_unique<Melt>(change, order.graded(0.08F, 0.15F, 0.28F));
}

std::unique_ptr<Effect> plant_turn(const Order& order, Stage& stage, Change& change, Rng& rng,
                                   bool follows) {
  const media::Image before = stage.sketch(Stage::kOriginal, order.first);
  const auto differs = [&before](const media::Image& other) {
    return [&before, &other](int x, int y) {
      return std::fabs(luma(other, x, y) - luma(before, x, y));
    };
  };
  constexpr float kVisible = 12;  // of 255, mean difference inside the region
  auto take = stage.add_recast(rng.next());
  media::Image after = stage.sketch(take, order.first);
  change.region = find_region(before, rng, differs(after));
  if (mean_inside(before, change.region, differs(after)) < kVisible) {
    take = stage.add_stranger(rng);
    after = stage.sketch(take, order.first);
    change.region = find_region(before, rng, differs(after));
  }
  change.region.radius = order.graded(0.13F, 0.2F, 0.32F);
  Rgb tint;
  if (follows) {
    change.track = Track(stage, change.region, order.first);
    // Models turn things into what has their colours.
    const auto apart = [&](int c) {
      return mean_inside(before, change.region, [&](int x, int y) {
        return float(before.row(y)[3 * x + c]) - float(after.row(y)[3 * x + c]);
      });
    };
    tint = Rgb{apart(0), apart(1), apart(2)} * order.graded(0.8F, 0.5F, 0.0F);
  }
  return std::make_unique<Turn>(change, take, tint);
}

// Sets the change's region and track, too.
std::unique_ptr<Effect> plant(Style style, const Order& order, Stage& stage, Change& change,
                              Rng& rng, bool follows) {
  switch (style) {
    case Style::melt:
      return plant_melt(order, stage, change, rng, follows);
    case Style::turn:
      return plant_turn(order, stage, change, rng, follows);
    case Style::vanish:
      return plant_vanish(order, stage, change, rng);
    case Style::appear:
      return plant_appear(order, stage, change, rng);
    case Style::smear:
      return plant_smear(order, stage, change, rng);
    case Style::pop:
      return plant_pop(order, stage, change, rng);
  }
  return nullptr;
}

}  // namespace

std::span<const std::string_view> morph_styles() { return kStyles; }

Planting plant_morph(const Order& order, Stage& stage) {
  Rng rng(order.seed, 8);
  Change change;
  change.first = order.first;
  change.last = order.first + stage.span(0.2 + 0.4 * double(rng.unit())) - 1;
  const bool melts = rng.chance(0.4F);
  // Scenes are a promise: what a seed alone chooses there stays what it was, one of two, and
  // stays in its place.
  const bool follows = !stage.rendered() || !order.style.empty();
  Style style = melts ? Style::melt : Style::turn;
  if (!stage.rendered()) style = static_cast<Style>(Rng(order.seed, 9).below(int(kStyles.size())));
  if (const auto named = std::ranges::find(kStyles, order.style); named != kStyles.end()) {
    style = static_cast<Style>(named - kStyles.begin());
  }
  // Things come, go and leap faster than they melt.
  if (style == Style::vanish || style == Style::appear) {
    change.last = order.first + stage.span(0.08 + 0.4 * double(rng.unit())) - 1;
  } else if (style == Style::pop) {
    change.last = order.first + stage.span(0.04 + 0.08 * double(rng.unit())) - 1;
  }
  Planting planting;
  planting.effect = plant(style, order, stage, change, rng, follows);
  planting.last = change.last;
  planting.region = change.region;
  return planting;
}

}  // namespace videogen::scenes
