#include "coherence/look.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "base/simd.h"
#include "motion/shrink.h"

namespace videogen::coherence {
namespace {

constexpr int kBlock = 16;  // pixels at kTextureSide

// Sum of |4 p − its four neighbours| over one row's span.
VIDEOGEN_SIMD std::int64_t laplacian_sum(const std::uint8_t* above, const std::uint8_t* row,
                                         const std::uint8_t* below, int begin, int end) {
  int sum = 0;
  for (int x = begin; x < end; ++x)
    sum += std::abs(4 * row[x] - row[x - 1] - row[x + 1] - above[x] - below[x]);
  return sum;
}

// Mean absolute Laplacian of every block, ascending; blocks without an inner pixel left out.
std::vector<float> fine_detail(const motion::Raster8& luma) {
  std::vector<float> blocks;
  for (int top = 0; top < luma.height; top += kBlock) {
    for (int left = 0; left < luma.width; left += kBlock) {
      const int x0 = std::max(left, 1);
      const int x1 = std::min(left + kBlock, luma.width - 1);
      const int y0 = std::max(top, 1);
      const int y1 = std::min(top + kBlock, luma.height - 1);
      if (x1 <= x0 || y1 <= y0) continue;
      std::int64_t sum = 0;
      for (int y = y0; y < y1; ++y)
        sum += laplacian_sum(luma.row(y - 1), luma.row(y), luma.row(y + 1), x0, x1);
      blocks.push_back(float(sum) / float((x1 - x0) * (y1 - y0)));
    }
  }
  std::ranges::sort(blocks);
  return blocks;
}

float at_share(const std::vector<float>& ascending, double share) {
  if (ascending.empty()) return 0;
  return ascending[std::min(ascending.size() - 1,
                            static_cast<std::size_t>(share * double(ascending.size())))];
}

float percentile(const std::array<std::int64_t, 256>& histogram, std::int64_t count, double share) {
  const auto wanted = static_cast<std::int64_t>(share * double(count));
  std::int64_t below = 0;
  for (std::size_t value = 0; value < histogram.size(); ++value) {
    below += histogram[value];
    if (below > wanted) return float(value);
  }
  return 255;
}

void describe_levels(const motion::Packed& ycc, FrameFacts& facts) {
  std::array<std::int64_t, 256> histogram{};
  std::int64_t cb = 0;
  std::int64_t cr = 0;
  for (const std::int32_t pixel : ycc.values) {
    ++histogram[std::size_t(motion::level(pixel, 0))];
    cb += motion::level(pixel, 1);
    cr += motion::level(pixel, 2);
  }
  const auto count = static_cast<std::int64_t>(ycc.values.size());
  double sum = 0;
  double squares = 0;
  for (std::size_t value = 0; value < histogram.size(); ++value) {
    sum += double(value) * double(histogram[value]);
    squares += double(value * value) * double(histogram[value]);
  }
  const double mean = sum / double(count);
  facts.luma = float(mean);
  facts.spread = float(std::sqrt(std::max(0.0, squares / double(count) - mean * mean)));
  facts.cb = float(double(cb) / double(count));
  facts.cr = float(double(cr) / double(count));
  facts.luma_p10 = percentile(histogram, count, 0.1);
  facts.luma_p90 = percentile(histogram, count, 0.9);
}

// Of a line that starts at `first`: all but 2 % of its pixels are dark.
bool is_dark(const std::uint8_t* first, std::ptrdiff_t step, int count) {
  constexpr int kDark = 20;  // of 255: black, and what an encoder adds beside a bright edge
  int bright = 0;
  for (int i = 0; i < count; ++i) bright += first[i * step] > kDark ? 1 : 0;
  return 50 * bright <= count;
}

Bars find_bars(const motion::Raster8& luma) {
  const int width = luma.width;
  const int height = luma.height;
  const auto row = [&](int y) { return is_dark(luma.row(y), 1, width); };
  const auto column = [&](int x) { return is_dark(luma.row(0) + x, width, height); };
  const auto dark_from = [](int first, int count, int step, const auto& line) {
    int dark = 0;
    while (dark < count && line(first + dark * step)) ++dark;
    return float(dark) / float(count);
  };
  return {dark_from(0, height, 1, row), dark_from(height - 1, height, -1, row),
          dark_from(0, width, 1, column), dark_from(width - 1, width, -1, column)};
}

}  // namespace

Look look_at(const media::Image& rgb, std::int64_t frame, double time_s) {
  Look look;
  look.frame = frame;
  look.time_s = time_s;
  const media::Image texture = motion::shrink(rgb, kTextureSide);
  const std::vector<float> detail = fine_detail(motion::to_luma(texture));
  look.facts.fine_floor = std::log(1 + at_share(detail, 0.2));
  look.facts.fine_texture = std::log(1 + at_share(detail, 0.75));
  look.rgb = motion::shrink(texture, kMotionSide);
  look.ycc = motion::to_ycc(look.rgb);
  look.luma = motion::to_luma(look.rgb);
  describe_levels(look.ycc, look.facts);
  look.facts.bars = find_bars(look.luma);
  return look;
}

}  // namespace videogen::coherence
