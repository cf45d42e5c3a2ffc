#include "coherence/match.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "coherence/statistics.h"
#include "motion/warp.h"

namespace videogen::coherence {
namespace {

constexpr float kAboveBlack = 8;  // keeps ratios of dark levels tame

// Sums of one block over the pixels that count.
struct Block {
  int pixels = 0, counted = 0;
  float frame[3] = {0, 0, 0};
  float predicted[3] = {0, 0, 0};
  float raw = 0;     // Σ |frame − prediction|, luma
  float still = 0;   // Σ |frame − other|, luma, all pixels
  float fitted = 0;  // Σ |frame − fit(prediction)|, luma
  float chroma = 0;  // Σ |difference| of both, medians taken off
};

struct Line {
  float gain = 1, offset = 0;
};

// Least squares over the blocks' means, four rounds, each with the weights that the residuals
// of the one before leave (Huber): what most of the picture agrees on.
Line fit_gain(const std::vector<Block>& blocks) {
  constexpr float kTolerance = 2;  // levels
  Line line;
  for (int round = 0; round < 4; ++round) {
    int counted = 0;
    double w = 0;
    double x = 0;
    double y = 0;
    double xx = 0;
    double xy = 0;
    for (const Block& block : blocks) {
      if (2 * block.counted < block.pixels || block.counted == 0) continue;
      const float from = block.predicted[0] / float(block.counted);
      const float to = block.frame[0] / float(block.counted);
      const float error = std::fabs(to - line.gain * from - line.offset);
      const double weight = error <= kTolerance ? 1 : double(kTolerance / error);
      ++counted;
      w += weight;
      x += weight * from;
      y += weight * to;
      xx += weight * from * from;
      xy += weight * from * to;
    }
    if (counted < 3) return line;
    const double variance = xx / w - x / w * (x / w);
    const double covariance = xy / w - x / w * (y / w);
    // A flat picture has an offset only.
    const double gain = variance > 4 ? std::clamp(covariance / variance, 0.1, 9.0) : 1.0;
    line = {float(gain), float((y - gain * x) / w)};
  }
  return line;
}

void add_motion(const motion::Flow& flow, Match& result) {
  constexpr int kStep = 4;  // flow is smooth
  std::vector<float> lengths;
  for (int y = 0; y < flow.height; y += kStep) {
    const float* d = flow.row(y);
    for (int x = 0; x < flow.width; x += kStep) {
      lengths.push_back(std::hypot(d[2 * x], d[2 * x + 1]));
    }
  }
  result.motion = mean_of(lengths);
  result.motion_p90 = percentile_of(lengths, 0.9);
}

class Matching {
 public:
  Matching(const Look& frame, const Look& other, const motion::Flow& flow,
           const motion::RasterF& predicted)
      : frame_(frame.ycc),
        other_(other.ycc),
        flow_(flow),
        grid_(frame_.width, frame_.height),
        predicted_(predicted),
        blocks_(std::size_t(grid_.count())) {}

  Match run() {
    sum_up();
    const Line line = fit_gain(blocks_);
    result_.gain = line.gain;
    result_.offset = line.offset;
    find_shifts();
    sum_up_fitted(line);
    finish();
    add_motion(flow_, result_);
    return std::move(result_);
  }

 private:
  Block* row_of_blocks(int y) {
    return blocks_.data() + std::ptrdiff_t{grid_.row_of(y)} * grid_.columns;
  }

  void sum_up() {
    double f = 0;
    double p = 0;
    double ff = 0;
    double pp = 0;
    double fp = 0;
    std::int64_t counted = 0;
    for (int y = 0; y < frame_.height; ++y) {
      const std::uint8_t* now = frame_.row(y);
      const std::uint8_t* then = other_.row(y);
      const float* guess = predicted_.row(y);
      Block* blocks = row_of_blocks(y);
      for (int x = 0; x < frame_.width; ++x, now += 3, then += 3, guess += 3) {
        Block& block = blocks[grid_.column_of()[std::size_t(x)]];
        ++block.pixels;
        block.still += std::fabs(float(now[0]) - float(then[0]));
        if (!motion::lands_inside(flow_, x, y)) continue;
        ++block.counted;
        for (int c = 0; c < 3; ++c) {
          block.frame[c] += float(now[c]);
          block.predicted[c] += guess[c];
        }
        block.raw += std::fabs(float(now[0]) - guess[0]);
        f += now[0];
        p += double(guess[0]);
        ff += double(now[0]) * now[0];
        pp += double(guess[0]) * double(guess[0]);
        fp += double(now[0]) * double(guess[0]);
        ++counted;
      }
    }
    const auto n = double(counted);
    result_.valid = float(n / (double(frame_.width) * frame_.height));
    if (counted == 0) return;
    const double varied = (ff / n - f / n * (f / n)) * (pp / n - p / n * (p / n));
    // Two flat pictures go together; a flat one and another don't.
    result_.correlation = varied > 1e-3 ? float((fp / n - f / n * (p / n)) / std::sqrt(varied))
                          : ff / n - f / n * (f / n) < 1 && pp / n - p / n * (p / n) < 1 ? 1.0F
                                                                                         : 0.0F;
  }

  void find_shifts() {
    std::array<std::vector<float>, 3> shifts;
    for (const Block& block : blocks_) {
      if (2 * block.counted < block.pixels || block.counted == 0) continue;
      const auto n = float(block.counted);
      shifts[0].push_back(
          std::log((block.frame[0] / n + kAboveBlack) / (block.predicted[0] / n + kAboveBlack)));
      shifts[1].push_back((block.frame[1] - block.predicted[1]) / n);
      shifts[2].push_back((block.frame[2] - block.predicted[2]) / n);
    }
    result_.luma_shift = median_of(shifts[0]);
    result_.cb_shift = median_of(shifts[1]);
    result_.cr_shift = median_of(shifts[2]);
    result_.luma_scatter = scatter_of(shifts[0]);
    result_.chroma_scatter = std::max(scatter_of(shifts[1]), scatter_of(shifts[2]));
  }

  void sum_up_fitted(const Line& line) {
    for (int y = 0; y < frame_.height; ++y) {
      const std::uint8_t* now = frame_.row(y);
      const float* guess = predicted_.row(y);
      Block* blocks = row_of_blocks(y);
      for (int x = 0; x < frame_.width; ++x, now += 3, guess += 3) {
        if (!motion::lands_inside(flow_, x, y)) continue;
        Block& block = blocks[grid_.column_of()[std::size_t(x)]];
        block.fitted += std::fabs(float(now[0]) - line.gain * guess[0] - line.offset);
        block.chroma += std::fabs(float(now[1]) - guess[1] - result_.cb_shift) +
                        std::fabs(float(now[2]) - guess[2] - result_.cr_shift);
      }
    }
  }

  void finish() {
    double fitted = 0;
    double raw = 0;
    double still = 0;
    std::int64_t counted = 0;
    std::int64_t pixels = 0;
    std::vector<float> raws;
    std::vector<float> stills;
    result_.block_residual.reserve(blocks_.size());
    for (const Block& block : blocks_) {
      fitted += double(block.fitted);
      raw += double(block.raw);
      still += double(block.still);
      counted += block.counted;
      pixels += block.pixels;
      stills.push_back(block.still / float(std::max(1, block.pixels)));
      const bool counts = 2 * block.counted >= block.pixels && block.counted > 0;
      const auto n = float(std::max(1, block.counted));
      if (counts) raws.push_back(block.raw / n);
      result_.block_residual.push_back(counts ? (block.fitted + 0.5F * block.chroma) / n : 0);
    }
    if (counted > 0) {
      result_.residual = float(fitted / double(counted));
      result_.raw_residual = float(raw / double(counted));
    }
    result_.quiet_raw = percentile_of(raws, 0.4);
    result_.difference = float(still / double(std::max<std::int64_t>(1, pixels)));
    result_.busy_difference = mean_of_top(stills, 0.08);
  }

  const motion::Raster8& frame_;
  const motion::Raster8& other_;
  const motion::Flow& flow_;
  const BlockGrid grid_;
  const motion::RasterF& predicted_;
  std::vector<Block> blocks_;
  Match result_;
};

}  // namespace

BlockGrid::BlockGrid(int width, int height)
    : columns(std::max(1, width / kBlockSide)),
      rows(std::max(1, height / kBlockSide)),
      column_of_(std::size_t(width)) {
  for (int x = 0; x < width; ++x)
    column_of_[std::size_t(x)] = std::min(x / kBlockSide, columns - 1);
}

Match match(const Look& frame, const Look& other, const motion::Flow& flow) {
  return match(frame, other, flow, motion::warp(other.ycc, flow));
}

Match match(const Look& frame, const Look& other, const motion::Flow& flow,
            const motion::RasterF& predicted) {
  return Matching(frame, other, flow, predicted).run();
}

}  // namespace videogen::coherence
