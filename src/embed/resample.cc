#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/simd.h"
#include "embed/resample_avx2_internal.h"
#include "embed/resample_internal.h"

namespace videogen::embed {
namespace {

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

double cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

std::uint8_t to_8_bits(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

void horizontal(const media::Image& picture, int first_row, int rows, const Taps& taps,
                PaddedRows& out) {
  const std::size_t count = taps.first.size();
  for (int y = 0; y < rows; ++y) {
    const std::uint8_t* source = picture.row(first_row + y);
    std::uint8_t* target = out.row(y);
    for (std::size_t x = 0; x < count; ++x) {
      const std::int32_t* weights = taps.weights.data() + x * std::size_t(taps.stride);
      const std::uint8_t* pixel = source + std::size_t(taps.first[x]) * 3;
      std::int32_t red = kHalf;
      std::int32_t green = kHalf;
      std::int32_t blue = kHalf;
      for (int i = 0; i < taps.length[x]; ++i, pixel += 3) {
        red += pixel[0] * weights[i];
        green += pixel[1] * weights[i];
        blue += pixel[2] * weights[i];
      }
      target[x * 3] = to_8_bits(red);
      target[x * 3 + 1] = to_8_bits(green);
      target[x * 3 + 2] = to_8_bits(blue);
    }
  }
}

VIDEOGEN_SIMD void add_weighted(const std::uint8_t* source, std::int32_t weight, std::int32_t* sums,
                                std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) sums[i] += source[i] * weight;
}

void vertical(const PaddedRows& in, int first_row, const Taps& taps, media::Image& out) {
  const std::size_t width = std::size_t(out.width) * 3;
  std::vector<std::int32_t> sums(width);
  for (int y = 0; y < out.height; ++y) {
    std::fill(sums.begin(), sums.end(), kHalf);
    const std::int32_t* weights = taps.weights.data() + std::size_t(y) * std::size_t(taps.stride);
    for (int i = 0; i < taps.length[std::size_t(y)]; ++i) {
      add_weighted(in.row(taps.first[std::size_t(y)] - first_row + i), weights[i], sums.data(),
                   width);
    }
    std::transform(sums.begin(), sums.end(), out.row(y), to_8_bits);
  }
}

struct RowRange {
  int first;
  int count;
};

// The source rows that the kept output rows are made of.
RowRange source_rows(const Axis& y, const Taps& taps) {
  if (y.in == y.out) return {static_cast<int>(y.first), y.count};
  const int first = taps.first.front();
  const int end = taps.first.back() + taps.length.back();
  return {first, end - first};
}

}  // namespace

PaddedRows::PaddedRows(int width, int rows)
    : stride((std::size_t(width) * 3 + 1 + 31) / 32 * 32), bytes(stride * std::size_t(rows)) {}

Taps bicubic_taps(const Axis& axis) {
  const double scale = static_cast<double>(axis.in) / static_cast<double>(axis.out);
  const double filter_scale = std::max(scale, 1.0);
  const double support = 2.0 * filter_scale;
  const double inverse = 1.0 / filter_scale;

  Taps taps;
  std::vector<double> weights;
  for (int i = 0; i < axis.count; ++i) {
    const double center = (static_cast<double>(axis.first + i) + 0.5) * scale;
    // Both are cut off towards zero, as C converts them.
    const double begin = center - support + 0.5;
    const double past = center + support + 0.5;
    const auto first = std::max<std::int64_t>(0, static_cast<std::int64_t>(begin));
    const auto end = std::min<std::int64_t>(axis.in, static_cast<std::int64_t>(past));
    taps.first.push_back(static_cast<int>(first));
    taps.length.push_back(static_cast<int>(end - first));
    taps.stride = std::max(taps.stride, taps.length.back());
  }
  taps.stride = (taps.stride + 3) / 4 * 4;
  taps.weights.assign(std::size_t(axis.count) * std::size_t(taps.stride), 0);
  for (std::size_t i = 0; i < taps.first.size(); ++i) {
    const double center = (static_cast<double>(axis.first) + static_cast<double>(i) + 0.5) * scale;
    weights.clear();
    double sum = 0.0;
    for (int k = 0; k < taps.length[i]; ++k) {
      weights.push_back(cubic((k + taps.first[i] - center + 0.5) * inverse));
      sum += weights.back();
    }
    for (std::size_t k = 0; k < weights.size(); ++k) {
      const double weight = (sum != 0.0 ? weights[k] / sum : weights[k]) * (1 << kWeightBits);
      taps.weights[i * std::size_t(taps.stride) + k] =
          static_cast<std::int32_t>(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
  }
  return taps;
}

ResamplePasses portable_passes() { return {horizontal, vertical}; }

ResamplePasses fastest_passes() {
#ifdef VIDEOGEN_HAVE_AVX2_RESAMPLE
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx2) return {horizontal_avx2, vertical_avx2};
#endif
  return portable_passes();
}

media::Image resample(const media::Image& picture, const Axis& x, const Axis& y,
                      const ResamplePasses& passes) {
  VIDEOGEN_CHECK(x.in == picture.width && y.in == picture.height && x.in > 0 && y.in > 0,
                 "axes are not the picture's");
  VIDEOGEN_CHECK(x.count > 0 && x.first >= 0 && x.first + x.count <= x.out, "columns out of range");
  VIDEOGEN_CHECK(y.count > 0 && y.first >= 0 && y.first + y.count <= y.out, "rows out of range");

  const Taps column_taps = y.in == y.out ? Taps{} : bicubic_taps(y);
  const RowRange rows = source_rows(y, column_taps);
  PaddedRows between(x.count, rows.count);
  if (x.in == x.out) {
    for (int row = 0; row < rows.count; ++row) {
      std::memcpy(between.row(row), picture.row(rows.first + row) + x.first * 3,
                  std::size_t(x.count) * 3);
    }
  } else {
    passes.horizontal(picture, rows.first, rows.count, bicubic_taps(x), between);
  }

  media::Image result(x.count, y.count);
  if (y.in == y.out) {
    for (int row = 0; row < result.height; ++row) {
      std::memcpy(result.row(row), between.row(row), std::size_t(x.count) * 3);
    }
  } else {
    passes.vertical(between, rows.first, column_taps, result);
  }
  return result;
}

}  // namespace videogen::embed
