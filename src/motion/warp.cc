#include "motion/warp.h"

#include <algorithm>

#include "base/error.h"

namespace videogen::motion {

RasterF warp(const Raster8& source, const Flow& flow) {
  VIDEOGEN_CHECK(source.width == flow.width && source.height == flow.height,
                 "a flow has the size of its picture");
  const int channels = source.channels;
  RasterF result(source.width, source.height, channels);
  const float right = float(source.width - 1);
  const float bottom = float(source.height - 1);
  for (int y = 0; y < source.height; ++y) {
    const float* d = flow.row(y);
    float* out = result.row(y);
    for (int x = 0; x < source.width; ++x, d += 2) {
      const float u = std::clamp(float(x) + d[0], 0.0F, right);
      const float v = std::clamp(float(y) + d[1], 0.0F, bottom);
      const int i = std::max(0, std::min(int(u), source.width - 2));
      const int j = std::max(0, std::min(int(v), source.height - 2));
      const float a = u - float(i);
      const float b = v - float(j);
      const int next = source.width > 1 ? channels : 0;
      const std::uint8_t* top = source.row(j) + std::ptrdiff_t{i} * channels;
      const std::uint8_t* low = source.row(std::min(j + 1, source.height - 1)) +
                                std::ptrdiff_t{i} * channels;
      for (int c = 0; c < channels; ++c) {
        const float upper = float(top[c]) + a * (float(top[c + next]) - float(top[c]));
        const float lower = float(low[c]) + a * (float(low[c + next]) - float(low[c]));
        *out++ = upper + b * (lower - upper);
      }
    }
  }
  return result;
}

Flow scaled(Flow flow, float factor) {
  for (float& value : flow.values) value *= factor;
  return flow;
}

}  // namespace videogen::motion
