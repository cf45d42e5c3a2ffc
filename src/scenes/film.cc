#include "scenes/film_internal.h"

#include <algorithm>
#include <array>

#include "scenes/random_internal.h"

namespace videogen::scenes {
namespace {

constexpr int kToneSteps = 4096;
constexpr float kToneTop = 16;  // brightest light that the table tells apart

// Linear light to an sRGB signal 0…1 through a filmic shoulder (Narkowicz, "ACES filmic tone
// mapping curve", 2015), tabulated over the square root, where steps are even to the eye.
const std::array<float, kToneSteps + 2>& tone_table() {
  static const auto table = [] {
    std::array<float, kToneSteps + 2> t{};
    for (int i = 0; i < kToneSteps + 2; ++i) {
      const float x = kToneTop * square(float(i) / float(kToneSteps));
      const float y = unit_clamp(x * (2.51F * x + 0.03F) / (x * (2.43F * x + 0.59F) + 0.14F));
      t[static_cast<std::size_t>(i)] =
          y <= 0.0031308F ? 12.92F * y : 1.055F * power(y, 1 / 2.4F) - 0.055F;
    }
    return t;
  }();
  return table;
}

float tone(const std::array<float, kToneSteps + 2>& table, float light) {
  const float x = std::sqrt(clamp(light, 0, kToneTop) * (1 / kToneTop)) * float(kToneSteps);
  const auto i = static_cast<std::size_t>(x);
  return mix(table[i], table[i + 1], x - float(i));
}

// Box blur of rows; three passes in each direction come close to a Gaussian.
void blur_lines(std::vector<Rgb>& light, int lines, int stride_line, int length, int stride,
                int radius) {
  std::vector<Rgb> line(static_cast<std::size_t>(length));
  const float weight = 1.0F / float(2 * radius + 1);
  for (int l = 0; l < lines; ++l) {
    const auto at = [&](int i) -> Rgb& {
      return light[static_cast<std::size_t>(l) * stride_line +
                   static_cast<std::size_t>(i) * stride];
    };
    for (int i = 0; i < length; ++i) line[static_cast<std::size_t>(i)] = at(i);
    const auto edge = [&](int i) {
      return line[static_cast<std::size_t>(std::clamp(i, 0, length - 1))];
    };
    Rgb sum;
    for (int i = -radius; i <= radius; ++i) sum += edge(i);
    for (int i = 0; i < length; ++i) {
      at(i) = sum * weight;
      sum += edge(i + radius + 1) - edge(i - radius);
    }
  }
}

void blur(std::vector<Rgb>& light, int width, int height, int radius) {
  for (int pass = 0; pass < 3; ++pass) {
    blur_lines(light, height, width, width, 1, radius);
    blur_lines(light, width, 1, height, width, radius);
  }
}

}  // namespace

Film::Film(int width, int height)
    : width_(width),
      height_(height),
      light_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height)) {}

int Film::column(float x) const {
  const float c = clamp(x / pixel() + 0.5F * float(width_) + 0.5F, 0, float(width_));
  return static_cast<int>(c);
}

int Film::row(float y) const {
  const float r = clamp(0.5F * float(height_) - y / pixel() + 0.5F, 0, float(height_));
  return static_cast<int>(r);
}

void Film::add_bloom(float strength) {
  const int step = std::max(1, height_ / 90);  // a fixed share of the picture at any size
  const int w = (width_ + step - 1) / step;
  const int h = (height_ + step - 1) / step;
  std::vector<Rgb> glow(static_cast<std::size_t>(w) * static_cast<std::size_t>(h));
  const float share = 1.0F / float(step * step);
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      const Rgb c = light(x, y);
      const float bright = most(0, luminance(c) - 0.6F);
      const float keep = least(bright, 8) / (luminance(c) + 1e-3F) * share;
      glow[static_cast<std::size_t>((y / step) * w + x / step)] += c * keep;
    }
  }
  std::vector<Rgb> wide = glow;
  blur(glow, w, h, 1);
  blur(wide, w, h, 5);
  for (std::size_t i = 0; i < glow.size(); ++i) glow[i] = (glow[i] + wide[i] * 1.5F) * strength;
  for (int y = 0; y < height_; ++y) {
    const float v = clamp((float(y) + 0.5F) / float(step) - 0.5F, 0, float(h - 1));
    const int j = std::min(static_cast<int>(v), std::max(0, h - 2));
    const int up = std::min(j + 1, h - 1);
    for (int x = 0; x < width_; ++x) {
      const float u = clamp((float(x) + 0.5F) / float(step) - 0.5F, 0, float(w - 1));
      const int i = std::min(static_cast<int>(u), std::max(0, w - 2));
      const int right = std::min(i + 1, w - 1);
      const auto g = [&](int a, int b) { return glow[static_cast<std::size_t>(b * w + a)]; };
      light(x, y) += mix(mix(g(i, j), g(right, j), u - float(i)),
                         mix(g(i, up), g(right, up), u - float(i)), v - float(j));
    }
  }
}

media::Image Film::develop(const Grade& grade, std::uint32_t grain_seed) {
  if (grade.bloom > 0) add_bloom(grade.bloom);
  const auto& table = tone_table();
  media::Image image(width_, height_);
  std::uint8_t* out = image.rgb.data();
  const float corner = 1.0F / (0.25F + 0.25F * square(aspect()));
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      const Vec2 p = point(x, y);
      const float fall = 1 - grade.vignette * square(dot(p, p) * corner) -
                         grade.vignette * 0.35F * dot(p, p) * corner;
      Rgb c = light(x, y) * (grade.exposure * most(fall, 0));
      c = mix(Rgb{1, 1, 1} * luminance(c), c, grade.saturation);
      const float r = tone(table, c.x);
      const float g = tone(table, c.y);
      const float b = tone(table, c.z);
      // Two uniform numbers make a triangle: near enough to a bell, and bounded.
      const std::uint32_t h = hash(x, y, grain_seed);
      const float bell = (float(h & 0xFFFFU) + float(h >> 16)) * (1 / 65536.0F) - 1;
      const float luma = 0.3F * r + 0.6F * g + 0.1F * b;
      const float grain = bell * 2.45F * grade.grain * (0.35F + 2.6F * luma * (1 - luma));
      *out++ = static_cast<std::uint8_t>(unit_clamp(r + grain) * 255 + 0.5F);
      *out++ = static_cast<std::uint8_t>(unit_clamp(g + grain) * 255 + 0.5F);
      *out++ = static_cast<std::uint8_t>(unit_clamp(b + grain) * 255 + 0.5F);
    }
  }
  return image;
}

}  // namespace videogen::scenes
