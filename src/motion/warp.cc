#include "motion/warp.h"

#include <algorithm>

#include "base/error.h"
#include "base/simd.h"

namespace videogen::motion {

namespace {

// One row of the result.
VIDEOGEN_SIMD void warp_row(const std::int32_t* source, int width, int height, const float* d,
                            int y, float* first, float* second, float* third) {
  const auto right = float(width - 1);
  const auto bottom = float(height - 1);
  const int last_left = width > 1 ? width - 2 : 0;
  const int last_top = height > 1 ? height - 2 : 0;
  const int next = width > 1 ? 1 : 0;
  const int below = height > 1 ? width : 0;
  const auto mixed = [](float a, float b, int shift, std::int32_t p, std::int32_t q, std::int32_t r,
                        std::int32_t s) {
    const auto top = float((p >> shift) & 255);
    const auto low = float((r >> shift) & 255);
    const float upper = top + a * (float((q >> shift) & 255) - top);
    const float lower = low + a * (float((s >> shift) & 255) - low);
    return upper + b * (lower - upper);
  };
  for (int x = 0; x < width; ++x) {
    const float u = std::min(std::max(0.0F, float(x) + d[2 * x]), right);
    const float v = std::min(std::max(0.0F, float(y) + d[2 * x + 1]), bottom);
    const int i = std::min(int(u), last_left);
    const int j = std::min(int(v), last_top);
    const float a = u - float(i);
    const float b = v - float(j);
    const int at = j * width + i;
    const std::int32_t p = source[at];
    const std::int32_t q = source[at + next];
    const std::int32_t r = source[at + below];
    const std::int32_t s = source[at + below + next];
    first[x] = mixed(a, b, 0, p, q, r, s);
    second[x] = mixed(a, b, 8, p, q, r, s);
    third[x] = mixed(a, b, 16, p, q, r, s);
  }
}

// The vectors at `count` points (x[k], y[k]).
VIDEOGEN_SIMD void mix_vectors(const float* vectors, int width, int height, const float* x,
                               const float* y, int count, float* dx, float* dy) {
  const auto right = float(width - 1);
  const auto bottom = float(height - 1);
  const int last_left = width > 1 ? width - 2 : 0;
  const int last_top = height > 1 ? height - 2 : 0;
  const int next = width > 1 ? 2 : 0;
  const int below = height > 1 ? 2 * width : 0;
  for (int k = 0; k < count; ++k) {
    const float u = std::min(std::max(0.0F, x[k]), right);
    const float v = std::min(std::max(0.0F, y[k]), bottom);
    const int i = std::min(int(u), last_left);
    const int j = std::min(int(v), last_top);
    const float a = u - float(i);
    const float b = v - float(j);
    const int at = 2 * (j * width + i);
    const float upper_x = vectors[at] + a * (vectors[at + next] - vectors[at]);
    const float lower_x =
        vectors[at + below] + a * (vectors[at + below + next] - vectors[at + below]);
    const float upper_y = vectors[at + 1] + a * (vectors[at + next + 1] - vectors[at + 1]);
    const float lower_y =
        vectors[at + below + 1] + a * (vectors[at + below + next + 1] - vectors[at + below + 1]);
    dx[k] = upper_x + b * (lower_x - upper_x);
    dy[k] = upper_y + b * (lower_y - upper_y);
  }
}

}  // namespace

Planes3 warp(const Packed& source, const Flow& flow) {
  VIDEOGEN_CHECK(source.width == flow.width && source.height == flow.height,
                 "a flow has the size of its picture");
  Planes3 result(source.width, source.height);
  for (int y = 0; y < source.height; ++y)
    warp_row(source.values.data(), source.width, source.height, flow.row(y), y, result.row(0, y),
             result.row(1, y), result.row(2, y));
  return result;
}

void vectors_at(const Flow& flow, const Points& points, Points& vectors) {
  vectors.x.resize(points.x.size());
  vectors.y.resize(points.x.size());
  mix_vectors(flow.values.data(), flow.width, flow.height, points.x.data(), points.y.data(),
              int(points.x.size()), vectors.x.data(), vectors.y.data());
}

Flow chained(std::span<const Flow* const> steps) {
  VIDEOGEN_CHECK(!steps.empty(), "a chain has a step");
  constexpr int kStride = 4;  // of the points that are followed: flow is smooth
  const int width = steps.front()->width;
  const int height = steps.front()->height;
  // The last points lie on the border or beyond it.
  Flow coarse((width + 2 * kStride - 2) / kStride, (height + 2 * kStride - 2) / kStride, 2);
  const auto count = std::size_t(coarse.width);
  Points at;
  Points moved;
  for (int j = 0; j < coarse.height; ++j) {
    at.x.resize(count);
    at.y.assign(count, float(kStride * j));
    for (std::size_t i = 0; i < count; ++i) at.x[i] = float(kStride * int(i));
    for (const Flow* step : steps) {
      vectors_at(*step, at, moved);
      for (std::size_t i = 0; i < count; ++i) {
        at.x[i] += moved.x[i];
        at.y[i] += moved.y[i];
      }
    }
    float* out = coarse.row(j);
    for (std::size_t i = 0; i < count; ++i, out += 2) {
      out[0] = at.x[i] - float(kStride * int(i));
      out[1] = at.y[i] - float(kStride * j);
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
