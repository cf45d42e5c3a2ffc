// Small pictures as flow and warping want them: rows packed, channels interleaved.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace videogen::motion {

template <class Value>
struct Raster {
  int width = 0, height = 0, channels = 1;
  std::vector<Value> values;  // [height, width, channels]

  Raster() = default;
  Raster(int w, int h, int c)
      : width(w),
        height(h),
        channels(c),
        values(std::size_t(w) * std::size_t(h) * std::size_t(c)) {}

  [[nodiscard]] const Value* row(int y) const {
    return values.data() + std::size_t(y) * std::size_t(width) * std::size_t(channels);
  }
  [[nodiscard]] Value* row(int y) {
    return values.data() + std::size_t(y) * std::size_t(width) * std::size_t(channels);
  }
  friend bool operator==(const Raster&, const Raster&) = default;
};

using Raster8 = Raster<std::uint8_t>;  // values 0…255
using RasterF = Raster<float>;

// Pixels of three levels 0…255, one in a word, the first lowest: the vector units of a CPU fetch
// words from anywhere, and no triples of bytes.
using Packed = Raster<std::int32_t>;

[[nodiscard]] inline std::int32_t packed(int first, int second, int third) {
  return first | second << 8 | third << 16;
}
[[nodiscard]] inline int level(std::int32_t pixel, int channel) {
  return (pixel >> (8 * channel)) & 255;
}

// Three channels, each by itself.
struct Planes3 {
  int width = 0, height = 0;
  std::array<std::vector<float>, 3> planes;  // [height, width]

  Planes3(int w, int h) : width(w), height(h) {
    for (auto& plane : planes) plane.resize(std::size_t(w) * std::size_t(h));
  }
  [[nodiscard]] const float* row(int channel, int y) const {
    return planes[std::size_t(channel)].data() + std::size_t(y) * std::size_t(width);
  }
  [[nodiscard]] float* row(int channel, int y) {
    return planes[std::size_t(channel)].data() + std::size_t(y) * std::size_t(width);
  }
};

}  // namespace videogen::motion
