// Defects of light: the whole picture brighter, darker, tinted, white or black.
#include <cmath>
#include <optional>

#include "scenes/defect_internal.h"
#include "scenes/pixels_internal.h"

namespace videogen::scenes {
namespace {

// Each channel times its gain, dithered.
void amplify(media::Image& image, Rgb gain, std::uint32_t seed) {
  const float by[3] = {gain.x, gain.y, gain.z};
  std::uint8_t* out = image.rgb.data();
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const std::uint32_t h = hash(x, y, seed);
      for (int c = 0; c < 3; ++c, ++out) *out = dithered(float(*out) * by[c], h);
    }
  }
}

// One to three frames of white, black or another scene.
class Flash final : public Effect {
 public:
  enum class Style { white, black, foreign };
  Flash(std::int64_t first, std::int64_t last, float strength, Style style,
        std::optional<Stage::Take> take)
      : first_(first), last_(last), strength_(strength), style_(style), take_(take) {}

  void damage(media::Image& image, std::int64_t frame, const Stage& stage) const override {
    if (frame < first_ || frame > last_) return;
    media::Image other(image.width, image.height);
    if (take_) {
      other = stage.shoot(*take_, frame);
    } else {
      const std::uint8_t level = style_ == Style::white ? 250 : 6;
      std::fill(other.rgb.begin(), other.rgb.end(), level);
    }
    blend(image, other, [this](int, int) { return strength_; });
  }

 private:
  std::int64_t first_, last_;
  float strength_;
  Style style_;
  std::optional<Stage::Take> take_;
};

// Gain that swings for a while, of all channels or of one against another.
class Flicker final : public Effect {
 public:
  Flicker(std::int64_t first, std::int64_t last, float frames_a_swing, Rgb depth,
          std::uint32_t seed)
      : first_(first), last_(last), period_(frames_a_swing), depth_(depth), seed_(seed) {}

  void damage(media::Image& image, std::int64_t frame, const Stage&) const override {
    if (frame < first_ || frame > last_) return;
    const float s = cosine(float(frame - first_) / period_);
    // No frame of the range passes unharmed through the middle of a swing.
    const float swing = s >= 0 ? most(s, 0.25F) : least(s, -0.25F);
    amplify(image, Rgb{1, 1, 1} + depth_ * swing, seed_ + std::uint32_t(frame));
  }

 private:
  std::int64_t first_, last_;
  float period_;
  Rgb depth_;
  std::uint32_t seed_;
};

// Exposure or colour that leaves and doesn't come back, or content that slowly becomes
// something else.
class Drift final : public Effect {
 public:
  Drift(std::int64_t first, std::int64_t last, Rgb gain, std::optional<Stage::Take> take,
        float share, std::uint32_t seed)
      : first_(first), last_(last), gain_(gain), take_(take), share_(share), seed_(seed) {}

  void damage(media::Image& image, std::int64_t frame, const Stage& stage) const override {
    if (frame < first_) return;
    const float way = least(1, float(frame - first_ + 1) / float(last_ - first_ + 1));
    if (take_) {
      const media::Image other = stage.shoot(*take_, frame);
      blend(image, other, [&](int, int) { return way * share_; });
    }
    amplify(image, mix(Rgb{1, 1, 1}, gain_, way), seed_ + std::uint32_t(frame));
  }

 private:
  std::int64_t first_, last_;
  Rgb gain_;
  std::optional<Stage::Take> take_;
  float share_;
  std::uint32_t seed_;
};

// Almost nothing is left but the noise of the sensor.
class Black final : public Effect {
 public:
  Black(std::int64_t first, std::int64_t last, float rest, std::uint32_t seed)
      : first_(first), last_(last), rest_(rest), seed_(seed) {}
  void damage(media::Image& image, std::int64_t frame, const Stage&) const override {
    if (frame < first_ || frame > last_) return;
    amplify(image, Rgb{rest_, rest_, rest_}, seed_ + std::uint32_t(frame));
  }

 private:
  std::int64_t first_, last_;
  float rest_;
  std::uint32_t seed_;
};

}  // namespace

Planting plant_flash(const Order& order, Stage& stage) {
  Rng rng(order.seed, 2);
  const auto style = static_cast<Flash::Style>(rng.below(3));
  std::optional<Stage::Take> take;
  if (style == Flash::Style::foreign) take = stage.add_stranger(rng);
  const auto last = order.first + stage.span(order.graded(0.04, 0.08, 0.125)) - 1;
  const float strength = order.graded(0.65F, 0.9F, 1.0F);
  return {last, std::make_unique<Flash>(order.first, last, strength, style, take)};
}

Planting plant_flicker(const Order& order, Stage& stage) {
  Rng rng(order.seed, 3);
  const bool impulse = rng.chance(0.35F);
  const bool coloured = rng.chance(0.35F);
  const float sign = rng.chance(0.5F) ? 1.0F : -1.0F;
  const double length = impulse ? order.graded(0.04, 0.04, 0.08) : 0.5 + 0.5 * double(rng.unit());
  const float hertz = rng.range(4, 7);
  const float depth = sign * order.graded(0.07F, 0.15F, 0.32F);
  const auto last = order.first + stage.span(length) - 1;
  const float period = float(stage.span(100)) / (100 * hertz);
  const Rgb by = coloured ? Rgb{depth, 0.15F * depth, -depth} : Rgb{depth, depth, depth};
  return {last, std::make_unique<Flicker>(order.first, last, period, by, rng.bits())};
}

Planting plant_drift(const Order& order, Stage& stage) {
  Rng rng(order.seed, 4);
  const int style = rng.below(3);
  const float depth = order.graded(0.14F, 0.28F, 0.5F) * (rng.chance(0.5F) ? 1.0F : -1.0F);
  std::optional<Stage::Take> take;
  Rgb gain{1, 1, 1};
  if (style == 0) gain = gain * (1 + depth);
  if (style == 1) gain = {1 + depth, 1 + 0.1F * depth, 1 - depth};
  if (style == 2) {
    take = stage.add_recast(rng.next());
    gain = gain * (1 + 0.4F * depth);
  }
  const auto last = stage.frames() - 1;
  const float share = order.graded(0.4F, 0.7F, 1.0F);
  return {last, std::make_unique<Drift>(order.first, last, gain, take, share, rng.bits())};
}

Planting plant_black(const Order& order, Stage& stage) {
  Rng rng(order.seed, 5);
  const auto last = order.first + stage.span(order.graded(0.17, 0.42, 0.9)) - 1;
  const float rest = order.graded(0.05F, 0.025F, 0.008F);
  return {last, std::make_unique<Black>(order.first, last, rest, rng.bits())};
}

}  // namespace videogen::scenes
