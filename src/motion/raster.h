// Small pictures as flow and warping want them: rows packed, channels interleaved.
#pragma once

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

}  // namespace videogen::motion
