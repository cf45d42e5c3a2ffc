#include "motion/warp.h"

#include <algorithm>

#include "base/error.h"

namespace videogen::motion {

namespace {

// One row of the result. Channels is known where it matters for speed, else 0.
template <int Channels>
void warp_row(const Raster8& source, const float* d, int y, float* out) {
  const int channels = Channels > 0 ? Channels : source.channels;
  const float right = float(source.width - 1);
  const float bottom = float(source.height - 1);
  const int next = source.width > 1 ? channels : 0;
  const std::ptrdiff_t below =
      source.height > 1 ? std::ptrdiff_t{source.width} * source.channels : 0;
  for (int x = 0; x < source.width; ++x, d += 2) {
    const float u = std::clamp(float(x) + d[0], 0.0F, right);
    const float v = std::clamp(float(y) + d[1], 0.0F, bottom);
    const int i = std::max(0, std::min(int(u), source.width - 2));
    const int j = std::max(0, std::min(int(v), source.height - 2));
    const float a = u - float(i);
    const float b = v - float(j);
    const std::uint8_t* top = source.row(j) + std::ptrdiff_t{i} * channels;
    const std::uint8_t* low = top + below;
    for (int c = 0; c < channels; ++c) {
      const float upper = float(top[c]) + a * (float(top[c + next]) - float(top[c]));
      const float lower = float(low[c]) + a * (float(low[c + next]) - float(low[c]));
      *out++ = upper + b * (lower - upper);
    }
  }
}

}  // namespace

RasterF warp(const Raster8& source, const Flow& flow) {
  VIDEOGEN_CHECK(source.width == flow.width && source.height == flow.height,
                 "a flow has the size of its picture");
  RasterF result(source.width, source.height, source.channels);
  for (int y = 0; y < source.height; ++y) {
    if (source.channels == 3) {
      warp_row<3>(source, flow.row(y), y, result.row(y));
    } else {
      warp_row<0>(source, flow.row(y), y, result.row(y));
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
  constexpr int kStride = 4;  // of the points that are followed: flow is smooth
  const int width = steps.front()->width;
  const int height = steps.front()->height;
  // The last points lie on the border or beyond it.
  Flow coarse((width + 2 * kStride - 2) / kStride, (height + 2 * kStride - 2) / kStride, 2);
  for (int j = 0; j < coarse.height; ++j) {
    float* out = coarse.row(j);
    for (int i = 0; i < coarse.width; ++i, out += 2) {
      Vector at{float(kStride * i), float(kStride * j)};
      for (const Flow* step : steps) {
        const Vector d = vector_at(*step, at.x, at.y);
        at = {at.x + d.x, at.y + d.y};
      }
      out[0] = at.x - float(kStride * i);
      out[1] = at.y - float(kStride * j);
    }
  }
  Flow flow(width, height, 2);
  std::vector<float> between(std::size_t(2 * coarse.width));  // a row of the coarse grid's height
  for (int y = 0; y < height; ++y) {
    const float b = float(y % kStride) / kStride;
    const float* top = coarse.row(y / kStride);
    const float* low = coarse.row(std::min(y / kStride + 1, coarse.height - 1));
    for (std::size_t i = 0; i < between.size(); ++i) between[i] = top[i] + b * (low[i] - top[i]);
    float* out = flow.row(y);
    for (int x = 0; x < width; ++x, out += 2) {
      const float a = float(x % kStride) / kStride;
      const float* left = between.data() + 2 * std::ptrdiff_t{x / kStride};
      const float* right = x / kStride + 1 < coarse.width ? left + 2 : left;
      out[0] = left[0] + a * (right[0] - left[0]);
      out[1] = left[1] + a * (right[1] - left[1]);
    }
  }
  return flow;
}

}  // namespace videogen::motion
