// Where a frame is exposed and developed.
//
// Shaders see a plane with y up, the picture's height from −0.5 to 0.5 and its centre at the
// origin, so a scene is laid out alike at any size; `aspect()` bounds x. Light is linear;
// developing adds what a lens and film add: bloom, vignette, a shoulder, grain.
#pragma once

#include <cstdint>
#include <vector>

#include "media/image.h"
#include "scenes/math_internal.h"
#include "scenes/texture_internal.h"

namespace videogen::scenes {

// What a shader that traces rays returns. Where neighbouring pixels hit different surfaces,
// the film asks for more samples.
struct Sample {
  Rgb light;
  int surface = 0;
};

// A part of the plane.
struct Box {
  Vec2 low, high;
};
// The square or rectangle around a centre, half sizes given.
inline Box around(Vec2 centre, Vec2 half) { return {centre - half, centre + half}; }

struct Grade {
  float exposure = 1;
  float bloom = 0.08F;     // share of bright light that spreads
  float vignette = 0.25F;  // darkening of the corners, 0…1
  float grain = 0.012F;    // standard deviation, of the full range, in the mid-tones
  float saturation = 1;
};

class Film {
 public:
  Film(int width, int height);

  [[nodiscard]] float aspect() const { return float(width_) / float(height_); }
  // Size of a pixel on the plane.
  [[nodiscard]] float pixel() const { return 1.0F / float(height_); }

  // Rgb shader(Vec2): one sample a pixel, edges are the shader's business.
  template <class Shader>
  void expose(const Shader& shader) {
    for (int y = 0; y < height_; ++y) {
      for (int x = 0; x < width_; ++x) light(x, y) = shader(point(x, y));
    }
  }

  // Sample shader(Vec2): more samples where the surface changes.
  template <class Shader>
  void expose_traced(const Shader& shader);

  // Rgba shader(Vec2) over what is there, within the box.
  template <class Shader>
  void draw(Box box, const Shader& shader) {
    const int left = column(box.low.x);
    const int right = column(box.high.x);
    const int top = row(box.high.y);
    const int bottom = row(box.low.y);
    for (int y = top; y < bottom; ++y) {
      for (int x = left; x < right; ++x) {
        const Rgba c = shader(point(x, y));
        if (c.cover > 0 || c.light.x > 0) light(x, y) = over(c, light(x, y));
      }
    }
  }

  // 8-bit RGB. `grain_seed` differs from frame to frame.
  [[nodiscard]] media::Image develop(const Grade& grade, std::uint32_t grain_seed);

 private:
  [[nodiscard]] Rgb& light(int x, int y) {
    return light_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) +
                  static_cast<std::size_t>(x)];
  }
  [[nodiscard]] Vec2 point(float x, float y) const {
    return {(x + 0.5F - 0.5F * float(width_)) * pixel(),
            (0.5F * float(height_) - y - 0.5F) * pixel()};
  }
  [[nodiscard]] Vec2 point(int x, int y) const { return point(float(x), float(y)); }
  // The first column or row of pixels past a coordinate, within the picture.
  [[nodiscard]] int column(float x) const;
  [[nodiscard]] int row(float y) const;
  void add_bloom(float strength);

  int width_, height_;
  std::vector<Rgb> light_;  // [height, width]
};

template <class Shader>
void Film::expose_traced(const Shader& shader) {
  std::vector<std::uint16_t> surfaces(light_.size());
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      const Sample sample = shader(point(x, y));
      light(x, y) = sample.light;
      surfaces[static_cast<std::size_t>(y * width_ + x)] =
          static_cast<std::uint16_t>(sample.surface);
    }
  }
  const auto at = [&](int x, int y) { return surfaces[static_cast<std::size_t>(y * width_ + x)]; };
  // A rotated grid: four rows and four columns, so near-vertical edges gain as much as others.
  static constexpr Vec2 kGrid[] = {
      {-0.125F, -0.375F}, {0.375F, -0.125F}, {0.125F, 0.375F}, {-0.375F, 0.125F}};
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      const auto here = at(x, y);
      const bool inside =
          (x == 0 || at(x - 1, y) == here) && (x + 1 == width_ || at(x + 1, y) == here) &&
          (y == 0 || at(x, y - 1) == here) && (y + 1 == height_ || at(x, y + 1) == here);
      if (inside) continue;
      Rgb sum = light(x, y);
      for (const Vec2 d : kGrid) sum += shader(point(float(x) + d.x, float(y) + d.y)).light;
      light(x, y) = sum * 0.2F;
    }
  }
}

}  // namespace videogen::scenes
