// Defects of time: what is shown when. Pixels stay as rendered.
#include "scenes/defect_internal.h"

namespace videogen::scenes {
namespace {

// From `first` on another scene is shown.
class Cut final : public Effect {
 public:
  Cut(std::int64_t first, Stage::Take take) : first_(first), take_(take) {}
  void redirect(Moment& moment, std::int64_t frame) const override {
    if (frame >= first_) moment.take = take_;
  }

 private:
  std::int64_t first_;
  Stage::Take take_;
};

// From `first` on everything is `leap` frames ahead.
class Jump final : public Effect {
 public:
  Jump(std::int64_t first, std::int64_t leap) : first_(first), leap_(leap) {}
  void redirect(Moment& moment, std::int64_t frame) const override {
    if (frame >= first_) moment.frame += leap_;
  }

 private:
  std::int64_t first_, leap_;
};

// The frame before `first` is repeated to `last`; then the clip goes on where it would have
// been, as a player does that has lost frames.
class Freeze final : public Effect {
 public:
  Freeze(std::int64_t first, std::int64_t last) : first_(first), last_(last) {}
  [[nodiscard]] std::int64_t held(std::int64_t frame) const override {
    return frame >= first_ && frame <= last_ ? first_ - 1 : frame;
  }

 private:
  std::int64_t first_, last_;
};

}  // namespace

Planting plant_cut(const Order& order, Stage& stage) {
  Rng rng(order.seed, 1);
  const auto take = stage.add_contrast(order.first, order.graded(0.0F, 0.5F, 1.0F), rng);
  return {order.first, std::make_unique<Cut>(order.first, take)};
}

Planting plant_jump(const Order& order, Stage& stage) {
  const auto leap = stage.span(order.graded(0.2, 0.45, 1.0));
  stage.skip(leap);
  return {order.first, std::make_unique<Jump>(order.first, leap)};
}

Planting plant_freeze(const Order& order, Stage& stage) {
  const auto last = order.first + stage.span(order.graded(0.13, 0.34, 0.8)) - 1;
  return {last, std::make_unique<Freeze>(order.first, last)};
}

}  // namespace videogen::scenes
