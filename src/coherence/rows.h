// What matching does to rows of pixels. Each is one loop that the compiler makes into vector code;
// `mask` is 1 where a pixel counts, 0 elsewhere; `count` is the width.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "motion/raster.h"

namespace videogen::coherence {

// A row of a picture, its channels side by side.
class PixelRow {
 public:
  explicit PixelRow(int width);
  void read(const motion::Packed& picture, int y);
  [[nodiscard]] const float* channel(int c) const { return channels_[std::size_t(c)].data(); }

 private:
  std::array<std::vector<float>, 3> channels_;
};

// Where row y of a flow lands inside the picture (motion::lands_inside).
void mark_inside(const float* flow, int y, int width, int height, float* mask);

// sums[x] += mask[x] · a[x]
void add_row(const float* mask, const float* a, int count, float* sums);

// sums[x] += mask[x] · a[x] · b[x]
void add_products(const float* mask, const float* a, const float* b, int count, float* sums);

// sums[x] += mask[x] · (a[x] − b[x])
void add_differences(const float* mask, const float* a, const float* b, int count, float* sums);

// b becomes gain · b + offset before it is compared.
struct Fit {
  float gain = 1, offset = 0;
};
// sums[x] += factor · mask[x] · |a[x] − gain · b[x] − offset|
void add_distances(const float* mask, const float* a, const float* b, int count, float* sums,
                   float factor = 1, Fit fit = {});

}  // namespace videogen::coherence
