// Pillow's 8-bit bicubic resampling, for the part of the result that is wanted.
//
// After Pillow's src/libImaging/Resample.c: weights of an antialiased cubic (a = -0.5) are
// normalised in double precision and rounded to 22 fractional bits; rows are resampled first,
// to 8 bits again, then columns. A pass whose size does not change is left out.
#pragma once

#include <cstdint>
#include <vector>

#include "media/image.h"

namespace videogen::embed {

// One direction: `in` pixels become `out`, of which [first, first + count) is kept.
struct Axis {
  int in = 0;
  std::int64_t out = 0;
  std::int64_t first = 0;
  int count = 0;
};

// The weighted source pixels of every kept output pixel.
struct Taps {
  int stride = 0;                     // weights stored for each output, a multiple of 4
  std::vector<int> first;             // [count] first source pixel
  std::vector<int> length;            // [count] source pixels with a weight, at most stride
  std::vector<std::int32_t> weights;  // [count, stride], fixed point, zero past `length`
};
constexpr int kWeightBits = 22;
[[nodiscard]] Taps bicubic_taps(const Axis& axis);

// Rows with room behind each, so that a vector may read and write past the last pixel.
struct PaddedRows {
  PaddedRows(int width, int rows);
  [[nodiscard]] std::uint8_t* row(int y) { return bytes.data() + std::size_t(y) * stride; }
  [[nodiscard]] const std::uint8_t* row(int y) const {
    return bytes.data() + std::size_t(y) * stride;
  }
  std::size_t stride;  // bytes, a multiple of 32, at least 3 * width + 1
  std::vector<std::uint8_t> bytes;
};

// The two passes, each in plain C++ and for AVX2; both give the same bits.
struct ResamplePasses {
  // Rows [first_row, first_row + out rows) of `picture`, each resampled.
  void (*horizontal)(const media::Image& picture, int first_row, int rows, const Taps& taps,
                     PaddedRows& out);
  // Row 0 of `in` is source row first_row.
  void (*vertical)(const PaddedRows& in, int first_row, const Taps& taps, media::Image& out);
};
[[nodiscard]] ResamplePasses portable_passes();
[[nodiscard]] ResamplePasses fastest_passes();  // for this CPU

// [y.count, x.count, 3]; x.in and y.in are the picture's size.
[[nodiscard]] media::Image resample(const media::Image& picture, const Axis& x, const Axis& y,
                                    const ResamplePasses& passes = fastest_passes());

}  // namespace videogen::embed
