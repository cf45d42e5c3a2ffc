// Things with too many parts to evaluate a pixel at a time: painted once, part by part, into a
// texture that scenes then stamp.
#pragma once

#include "scenes/film_internal.h"

namespace videogen::scenes {

// A transparent square on [0, 1]², y up, to paint on.
class Canvas {
 public:
  explicit Canvas(int size) : size_(size), texels_(std::size_t(size) * std::size_t(size)) {}

  [[nodiscard]] float pixel() const { return 1.0F / float(size_); }
  // Rgba shader(Vec2) over what is there, within the box.
  template <class Shader>
  void draw(Box box, const Shader& shader) {
    const auto clip = [this](float v) { return int(clamp(v * float(size_), 0, float(size_))); };
    for (int y = clip(box.low.y); y < clip(box.high.y + pixel()); ++y) {
      for (int x = clip(box.low.x); x < clip(box.high.x + pixel()); ++x) {
        Rgba& texel = texels_[std::size_t(y) * std::size_t(size_) + std::size_t(x)];
        texel = over(shader(Vec2{(float(x) + 0.5F) * pixel(), (float(y) + 0.5F) * pixel()}), texel);
      }
    }
  }
  [[nodiscard]] Texture<Rgba> finish() && { return {size_, std::move(texels_)}; }

 private:
  int size_;
  std::vector<Rgba> texels_;
};

struct Foliage {
  Rgb shade, leaf, tip;  // colours in the depth, of most leaves, and where light comes through
};
// A clump of some thousand leaves, round, ragged; roots in the middle.
[[nodiscard]] Texture<Rgba> paint_leaves(Rng& rng, const Foliage& foliage);
// Fronds that rise and bend from (0.5, 0).
[[nodiscard]] Texture<Rgba> paint_fern(Rng& rng, const Foliage& foliage);
// A conifer, its foot at (0.5, 0), its top near (0.5, 1); `snow` 0…1 lies on its branches.
[[nodiscard]] Texture<Rgba> paint_conifer(Rng& rng, const Foliage& foliage, float snow);

}  // namespace videogen::scenes
