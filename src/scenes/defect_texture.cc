// Defects of texture: a burst of noise, a burst of blur.
#include <algorithm>
#include <vector>

#include "scenes/defect_internal.h"
#include "scenes/pixels_internal.h"

namespace videogen::scenes {
namespace {

// Bell-shaped noise, mostly of luma, some of colour.
void add_noise(media::Image& image, float deviation, std::uint32_t seed) {
  const auto bell = [](std::uint32_t h) {
    const std::uint32_t k = hash(h + 0x51ED270BU);
    const auto sum = float(h & 0xFFFFU) + float(h >> 16) + float(k & 0xFFFFU) + float(k >> 16);
    return (sum * (1 / 65536.0F) - 2) * 1.732F;  // unit deviation
  };
  std::uint8_t* out = image.rgb.data();
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const std::uint32_t h = hash(x, y, seed);
      const float luma = bell(h);
      for (std::uint32_t c = 0; c < 3; ++c, ++out) {
        *out = rounded(float(*out) + deviation * (0.8F * luma + 0.45F * bell(hash(h + c))));
      }
    }
  }
}

// One line of a running mean over 2·radius + 1 pixels, edges repeated.
void smooth(std::uint8_t* pixels, int count, std::size_t stride, int radius,
            std::vector<std::uint8_t>& line) {
  line.resize(std::size_t(count));
  for (int i = 0; i < count; ++i) line[std::size_t(i)] = pixels[std::size_t(i) * stride];
  const auto at = [&](int i) { return int(line[std::size_t(std::clamp(i, 0, count - 1))]); };
  const int width = 2 * radius + 1;
  int sum = 0;
  for (int i = -radius; i <= radius; ++i) sum += at(i);
  for (int i = 0; i < count; ++i) {
    pixels[std::size_t(i) * stride] = static_cast<std::uint8_t>((sum + radius) / width);
    sum += at(i + radius + 1) - at(i - radius);
  }
}

void defocus(media::Image& image, int radius, int passes) {
  std::vector<std::uint8_t> line;
  for (int pass = 0; pass < passes; ++pass) {
    for (std::size_t c = 0; c < 3; ++c) {
      for (int y = 0; y < image.height; ++y) smooth(image.row(y) + c, image.width, 3, radius, line);
      for (int x = 0; x < image.width; ++x) {
        smooth(image.rgb.data() + 3 * std::size_t(x) + c, image.height,
               3 * std::size_t(image.width), radius, line);
      }
    }
  }
}

class Noise final : public Effect {
 public:
  Noise(std::int64_t first, std::int64_t last, float deviation, std::uint32_t seed)
      : first_(first), last_(last), deviation_(deviation), seed_(seed) {}
  void damage(media::Image& image, std::int64_t frame, const Stage&) const override {
    if (frame < first_ || frame > last_) return;
    add_noise(image, deviation_, seed_ + std::uint32_t(frame));
  }

 private:
  std::int64_t first_, last_;
  float deviation_;  // of 255
  std::uint32_t seed_;
};

class Blur final : public Effect {
 public:
  // `reach` in picture heights.
  Blur(std::int64_t first, std::int64_t last, float reach, int passes)
      : first_(first), last_(last), reach_(reach), passes_(passes) {}
  void damage(media::Image& image, std::int64_t frame, const Stage&) const override {
    if (frame < first_ || frame > last_) return;
    defocus(image, std::max(1, int(reach_ * float(image.height) + 0.5F)), passes_);
  }

 private:
  std::int64_t first_, last_;
  float reach_;
  int passes_;
};

}  // namespace

Planting plant_noise(const Order& order, Stage& stage) {
  Rng rng(order.seed, 7);
  const bool blur = rng.chance(0.4F);
  const auto last = order.first + stage.span(0.2 + 0.25 * double(rng.unit())) - 1;
  if (blur) {
    return {last, std::make_unique<Blur>(order.first, last, order.graded(0.004F, 0.007F, 0.016F),
                                         order.graded(1, 2, 3))};
  }
  const float deviation = order.graded(11.0F, 24.0F, 50.0F);
  return {last, std::make_unique<Noise>(order.first, last, deviation, rng.bits())};
}

}  // namespace videogen::scenes
