// A weight of 22 fractional bits does not fit the 16-bit multiplier, so it is cut in two,
// w = high * 4096 + low with 0 <= low < 4096, and each half is multiplied and summed apart.
// Sums may wrap: the recombined one is equal to Pillow's modulo 2^32, and Pillow's fits 32
// bits.
#include "embed/resample_avx2_internal.h"

#ifdef VIDEOGEN_HAVE_AVX2_RESAMPLE
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#define VIDEOGEN_AVX2 __attribute__((target("avx2")))

namespace videogen::embed {
namespace {

constexpr int kLowBits = 12;
constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

// Two 16-bit weights side by side, as vpmaddwd takes them.
std::int32_t packed(std::int32_t first, std::int32_t second) {
  return static_cast<std::int32_t>((static_cast<std::uint32_t>(first) & 0xffffU) |
                                   (static_cast<std::uint32_t>(second) << 16));
}
std::int32_t high_part(std::int32_t weight) { return weight >> kLowBits; }
std::int32_t low_part(std::int32_t weight) { return weight & ((1 << kLowBits) - 1); }

struct Halves {
  __m256i high;
  __m256i low;
};

// Four taps as two vectors, high and low halves: the pair of weights of pixels 0 and 1 in the
// lower lane, that of 2 and 3 in the upper one, each pair once for every channel.
constexpr std::size_t kSpread = 16;
std::vector<std::int32_t> spread_weights(const Taps& taps) {
  std::vector<std::int32_t> spread;
  spread.reserve(taps.weights.size() / 4 * kSpread);
  for (std::size_t i = 0; i < taps.weights.size(); i += 4) {
    const std::int32_t* w = taps.weights.data() + i;
    spread.insert(spread.end(), 4, packed(high_part(w[0]), high_part(w[1])));
    spread.insert(spread.end(), 4, packed(high_part(w[2]), high_part(w[3])));
    spread.insert(spread.end(), 4, packed(low_part(w[0]), low_part(w[1])));
    spread.insert(spread.end(), 4, packed(low_part(w[2]), low_part(w[3])));
  }
  return spread;
}

VIDEOGEN_AVX2 inline __m256i load(const std::int32_t* values) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values));
}

VIDEOGEN_AVX2 inline __m256i load_block(const std::uint8_t* pixels) {
  // From 12 bytes RGBRGBRGBRGB: R0 R1 G0 G1 B0 B1 0 0 | R2 R3 G2 G3 B2 B3 0 0, 16 bits each.
  const __m256i order =
      _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1, 6, -1, 9, -1, 7,
                       -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(pixels));
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), order);
}

VIDEOGEN_AVX2 inline void store_pixel(const Halves& sums, std::uint8_t* target) {
  const __m256i whole = _mm256_add_epi32(_mm256_slli_epi32(sums.high, kLowBits), sums.low);
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
  sum = _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(kHalf)), kWeightBits);
  sum = _mm_packs_epi32(sum, sum);
  const int rgb = _mm_cvtsi128_si32(_mm_packus_epi16(sum, sum));
  std::memcpy(target, &rgb, 4);  // the fourth byte is the next pixel's, or padding
}

constexpr int kRowsAtOnce = 4;
using RowPointers = std::array<const std::uint8_t*, kRowsAtOnce>;

VIDEOGEN_AVX2 void resample_rows(const RowPointers& source, const Taps& taps,
                                 const std::vector<std::int32_t>& weights,
                                 const std::array<std::uint8_t*, kRowsAtOnce>& target) {
  const std::size_t blocks = std::size_t(taps.stride) / 4;
  for (std::size_t x = 0; x < taps.first.size(); ++x) {
    const std::size_t offset = std::size_t(taps.first[x]) * 3;
    const std::int32_t* weight = weights.data() + x * blocks * kSpread;
    const std::size_t used = (std::size_t(taps.length[x]) + 3) / 4;
    Halves sums[kRowsAtOnce];
    for (Halves& sum : sums) sum = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    for (std::size_t block = 0; block < used; ++block) {
      const Halves w = {load(weight + block * kSpread), load(weight + block * kSpread + 8)};
#pragma GCC unroll 4
      for (std::size_t r = 0; r < kRowsAtOnce; ++r) {
        const __m256i pixels = load_block(source[r] + offset + block * 12);
        sums[r].high = _mm256_add_epi32(sums[r].high, _mm256_madd_epi16(pixels, w.high));
        sums[r].low = _mm256_add_epi32(sums[r].low, _mm256_madd_epi16(pixels, w.low));
      }
    }
    for (std::size_t r = 0; r < kRowsAtOnce; ++r) store_pixel(sums[r], target[r] + x * 3);
  }
}

// A row's bytes with at least `margin` readable ones behind it: the picture's own where the
// rows below give them, else a copy.
class ReadableRow {
 public:
  ReadableRow(std::size_t row_bytes, std::size_t margin)
      : row_bytes_(row_bytes), margin_(margin), copy_(row_bytes + margin) {}
  const std::uint8_t* get(const media::Image& picture, int y) {
    const std::size_t behind = std::size_t(picture.height - 1 - y) * row_bytes_;
    if (behind >= margin_) return picture.row(y);
    std::memcpy(copy_.data(), picture.row(y), row_bytes_);
    return copy_.data();
  }

 private:
  std::size_t row_bytes_;
  std::size_t margin_;
  std::vector<std::uint8_t> copy_;
};

// 32 bytes of one output row: [4] sums of 8 bytes each.
VIDEOGEN_AVX2 inline void sum_columns(const PaddedRows& in, int first_row, const std::int32_t* w,
                                      int length, std::size_t at, std::uint8_t* target) {
  Halves sums[4];
  for (Halves& sum : sums) sum = {_mm256_setzero_si256(), _mm256_setzero_si256()};
  for (int i = 0; i < length; i += 2) {
    const bool paired = i + 1 < length;
    const std::int32_t second = paired ? w[i + 1] : 0;
    const __m256i high = _mm256_set1_epi32(packed(high_part(w[i]), high_part(second)));
    const __m256i low = _mm256_set1_epi32(packed(low_part(w[i]), low_part(second)));
    const std::uint8_t* a = in.row(first_row + i) + at;
    const std::uint8_t* b = in.row(first_row + i + (paired ? 1 : 0)) + at;
#pragma GCC unroll 2
    for (int half = 0; half < 2; ++half) {
      const __m128i from_a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(a) + half);
      const __m128i from_b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(b) + half);
      const __m256i pairs[2] = {_mm256_cvtepu8_epi16(_mm_unpacklo_epi8(from_a, from_b)),
                                _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(from_a, from_b))};
#pragma GCC unroll 2
      for (int k = 0; k < 2; ++k) {
        Halves& sum = sums[half * 2 + k];
        sum.high = _mm256_add_epi32(sum.high, _mm256_madd_epi16(pairs[k], high));
        sum.low = _mm256_add_epi32(sum.low, _mm256_madd_epi16(pairs[k], low));
      }
    }
  }
  __m256i whole[4];
  for (int k = 0; k < 4; ++k) {
    whole[k] = _mm256_add_epi32(_mm256_slli_epi32(sums[k].high, kLowBits), sums[k].low);
    whole[k] = _mm256_srai_epi32(_mm256_add_epi32(whole[k], _mm256_set1_epi32(kHalf)), kWeightBits);
  }
  // Packing works within lanes; the permutation puts the bytes back into order.
  const __m256i bytes = _mm256_packus_epi16(_mm256_packs_epi32(whole[0], whole[1]),
                                            _mm256_packs_epi32(whole[2], whole[3]));
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(target),
                      _mm256_permutevar8x32_epi32(bytes, order));
}

}  // namespace

VIDEOGEN_AVX2 void horizontal_avx2(const media::Image& picture, int first_row, int rows,
                                   const Taps& taps, PaddedRows& out) {
  const std::vector<std::int32_t> weights = spread_weights(taps);
  // The last block reads up to 3 pixels and 4 bytes past the last weighted pixel.
  constexpr std::size_t kMargin = 3 * 3 + 4;
  const std::size_t row_bytes = std::size_t(picture.width) * 3;
  std::vector<ReadableRow> readable(kRowsAtOnce, ReadableRow(row_bytes, kMargin));
  for (int y = 0; y < rows; y += kRowsAtOnce) {
    RowPointers source;
    std::array<std::uint8_t*, kRowsAtOnce> target;
    for (int r = 0; r < kRowsAtOnce; ++r) {
      const int row = std::min(y + r, rows - 1);  // the last rows may be done twice
      source[std::size_t(r)] = readable[std::size_t(r)].get(picture, first_row + row);
      target[std::size_t(r)] = out.row(row);
    }
    resample_rows(source, taps, weights, target);
  }
}

VIDEOGEN_AVX2 void vertical_avx2(const PaddedRows& in, int first_row, const Taps& taps,
                                 media::Image& out) {
  std::vector<std::uint8_t> line(in.stride);
  for (int y = 0; y < out.height; ++y) {
    const std::int32_t* weights = taps.weights.data() + std::size_t(y) * std::size_t(taps.stride);
    for (std::size_t at = 0; at < in.stride; at += 32) {
      sum_columns(in, taps.first[std::size_t(y)] - first_row, weights, taps.length[std::size_t(y)],
                  at, line.data() + at);
    }
    std::memcpy(out.row(y), line.data(), std::size_t(out.width) * 3);
  }
}

}  // namespace videogen::embed
#endif
