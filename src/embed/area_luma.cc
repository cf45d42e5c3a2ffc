#include <algorithm>
#include <bit>
#include <cstdint>
#include <numbers>
#include <vector>

#include "base/error.h"
#include "base/simd.h"
#include "embed/area_luma_internal.h"

namespace videogen::embed {
namespace {

// The pixels [first, last] that one output pixel covers; those at the ends perhaps in part.
struct Cover {
  int first;
  int last;
  float first_weight;
  float last_weight;  // 0 if first == last, whose weight is first_weight
};

// Output pixel i covers [i * in / out, (i + 1) * in / out). In whole multiples of 1/out, so that
// weights are exact quotients.
std::vector<Cover> covers(int in, int out) {
  std::vector<Cover> result;
  for (std::int64_t i = 0; i < out; ++i) {
    const std::int64_t begin = i * in;
    const std::int64_t end = begin + in;
    const std::int64_t first = begin / out;
    const std::int64_t last = (end - 1) / out;
    const auto weight = [&](std::int64_t units) {
      return static_cast<float>(static_cast<double>(units) / out);
    };
    result.push_back({static_cast<int>(first), static_cast<int>(last),
                      weight(std::min(end, (first + 1) * out) - begin),
                      last > first ? weight(end - last * out) : 0.0F});
  }
  return result;
}

VIDEOGEN_SIMD void add_whole(const std::uint8_t* row, std::uint16_t* sums, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) sums[i] = static_cast<std::uint16_t>(sums[i] + row[i]);
}

VIDEOGEN_SIMD void weigh(const std::uint8_t* a, float weight_a, const std::uint8_t* b,
                         float weight_b, float* sums, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    sums[i] = weight_a * static_cast<float>(a[i]) + weight_b * static_cast<float>(b[i]);
  }
}

// Moves the sums over: `whole` is zero afterwards.
VIDEOGEN_SIMD void drain(std::uint16_t* whole, float* sums, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    sums[i] += static_cast<float>(whole[i]);
    whole[i] = 0;
  }
}

VIDEOGEN_SIMD void add_channels(const float* rgb, float* luma, std::size_t pixels) {
  for (std::size_t i = 0; i < pixels; ++i) luma[i] = rgb[i * 3] + rgb[i * 3 + 1] + rgb[i * 3 + 2];
}

// Natural logarithms of finite values of at least 1, within 2e-7. The library's own takes a
// third of the time that the whole picture needs and differs from machine to machine.
//   x = 2^e m with m in √½…√2;  ln m = 2 (s + s³/3 + s⁵/5 + …),  s = (m - 1) / (m + 1)
VIDEOGEN_SIMD void to_logarithms(float* values, std::size_t count) {
  constexpr std::uint32_t kRootOfHalf = 0x3f3504f3;  // √½ as a float
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t above = std::bit_cast<std::uint32_t>(values[i]) - kRootOfHalf;
    const auto exponent = static_cast<float>(static_cast<std::int32_t>(above) >> 23);
    const auto m = std::bit_cast<float>((above & 0x7fffffU) + kRootOfHalf);
    const float s = (m - 1.0F) / (m + 1.0F);
    const float s2 = s * s;
    const float series = s2 * (1.0F / 3 + s2 * (1.0F / 5 + s2 * (1.0F / 7 + s2 * (1.0F / 9))));
    values[i] = exponent * std::numbers::ln2_v<float> + 2.0F * (s + s * series);
  }
}

// Adds up the rows under one output row: [3 * width] sums of channels.
class RowSum {
 public:
  explicit RowSum(const media::Image& picture)
      : picture_(picture),
        whole_(std::size_t(picture.width) * 3),
        sums_(std::size_t(picture.width) * 3) {}

  const std::vector<float>& over(const Cover& rows) {
    weigh(picture_.row(rows.first), rows.first_weight, picture_.row(rows.last), rows.last_weight,
          sums_.data(), sums_.size());
    // Rows that count in full are added as integers, at most 257 of which fit 16 bits.
    constexpr int kMostRows = 257;
    for (int y = rows.first + 1; y < rows.last; ++y) {
      add_whole(picture_.row(y), whole_.data(), whole_.size());
      if (y + 1 == rows.last || (y - rows.first) % kMostRows == 0) {
        drain(whole_.data(), sums_.data(), sums_.size());
      }
    }
    return sums_;
  }

 private:
  const media::Image& picture_;
  std::vector<std::uint16_t> whole_;
  std::vector<float> sums_;
};

}  // namespace

void area_log_luma(const media::Image& picture, int side, std::span<float> out) {
  VIDEOGEN_CHECK(picture.width > 0 && picture.height > 0, "a picture has at least one pixel");
  VIDEOGEN_CHECK(out.size() == std::size_t(side) * std::size_t(side), "out is not side × side");
  const std::vector<Cover> columns = covers(picture.width, side);
  const std::vector<Cover> rows = covers(picture.height, side);
  const std::size_t width = static_cast<std::size_t>(picture.width);
  const auto scale =
      static_cast<float>(static_cast<double>(side) * side / 3.0 / picture.width / picture.height);

  RowSum row_sum(picture);
  std::vector<float> luma(width);
  float* target = out.data();
  for (const Cover& row : rows) {
    add_channels(row_sum.over(row).data(), luma.data(), width);
    for (const Cover& column : columns) {
      float sum = column.first_weight * luma[std::size_t(column.first)];
      for (int x = column.first + 1; x < column.last; ++x) sum += luma[std::size_t(x)];
      if (column.last > column.first) sum += column.last_weight * luma[std::size_t(column.last)];
      *target++ = 1.0F + sum * scale;
    }
  }
  to_logarithms(out.data(), out.size());
}

}  // namespace videogen::embed
