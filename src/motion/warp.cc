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
      const std::uint8_t* low =
          source.row(std::min(j + 1, source.height - 1)) + std::ptrdiff_t{i} * channels;
      for (int c = 0; c < channels; ++c) {
        const float upper = float(top[c]) + a * (float(top[c + next]) - float(top[c]));
        const float lower = float(low[c]) + a * (float(low[c + next]) - float(low[c]));
        *out++ = upper + b * (lower - upper);
      }
    }
  }
  return result;
}

Vector vector_at(const Flow& flow, float u, float v) {
  u = std::clamp(u, 0.0F, float(flow.width - 1));
  v = std::clamp(v, 0.0F, float(flow.height - 1));
  const int i = std::max(0, std::min(int(u), flow.width - 2));
  const int j = std::max(0, std::min(int(v), flow.height - 2));
  const int next = flow.width > 1 ? 2 : 0;
  const float a = u - float(i);
  const float b = v - float(j);
  const float* top = flow.row(j) + 2 * std::ptrdiff_t{i};
  const float* low = flow.row(std::min(j + 1, flow.height - 1)) + 2 * std::ptrdiff_t{i};
  const auto mixed = [&](int c) {
    const float upper = top[c] + a * (top[c + next] - top[c]);
    const float lower = low[c] + a * (low[c + next] - low[c]);
    return upper + b * (lower - upper);
  };
  return {mixed(0), mixed(1)};
}

Flow chained(std::span<const Flow* const> steps) {
  VIDEOGEN_CHECK(!steps.empty(), "a chain has a step");
  const int width = steps.front()->width;
  const int height = steps.front()->height;
  // Every second pixel, the last ones as well.
  Flow coarse((width + 2) / 2, (height + 2) / 2, 2);
  for (int j = 0; j < coarse.height; ++j) {
    float* out = coarse.row(j);
    for (int i = 0; i < coarse.width; ++i, out += 2) {
      Vector at{float(2 * i), float(2 * j)};
      for (const Flow* step : steps) {
        const Vector d = vector_at(*step, at.x, at.y);
        at = {at.x + d.x, at.y + d.y};
      }
      out[0] = at.x - float(2 * i);
      out[1] = at.y - float(2 * j);
    }
  }
  Flow flow(width, height, 2);
  for (int y = 0; y < height; ++y) {
    float* out = flow.row(y);
    for (int x = 0; x < width; ++x, out += 2) {
      const Vector d = vector_at(coarse, 0.5F * float(x), 0.5F * float(y));
      out[0] = d.x;
      out[1] = d.y;
    }
  }
  return flow;
}

}  // namespace videogen::motion
