#include "coherence/match.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "coherence/block_sums.h"
#include "coherence/rows.h"
#include "coherence/statistics.h"
#include "motion/warp.h"

namespace videogen::coherence {
namespace {

constexpr float kAboveBlack = 8;  // keeps ratios of dark levels tame

// Sums of each block; but for still, over the pixels that count.
enum Sum : std::size_t {
  counted,
  frame,              // three channels
  predicted = 4,      // three channels
  raw = 7,            // Σ |frame − prediction|, luma
  still,              // Σ |frame − other|, luma, all pixels
  frame_squared,      // luma
  predicted_squared,  // luma
  product,            // of both
  sum_count
};

// After the fit.
enum FittedSum : std::size_t {
  fitted,  // Σ |frame − fit(prediction)|, luma
  chroma,  // Σ |difference| of both, medians taken off
  fitted_sum_count
};

// Least squares over the blocks' means, four rounds, each with the weights that the residuals
// of the one before leave (Huber): what most of the picture agrees on.
Fit fit_gain(const std::vector<float>& from, const std::vector<float>& to) {
  constexpr float kTolerance = 2;  // levels
  Fit fit;
  if (from.size() < 3) return fit;
  for (int round = 0; round < 4; ++round) {
    double w = 0;
    double x = 0;
    double y = 0;
    double xx = 0;
    double xy = 0;
    for (std::size_t i = 0; i < from.size(); ++i) {
      const float error = std::fabs(to[i] - fit.gain * from[i] - fit.offset);
      const double weight = error <= kTolerance ? 1 : double(kTolerance / error);
      w += weight;
      x += weight * from[i];
      y += weight * to[i];
      xx += weight * from[i] * from[i];
      xy += weight * from[i] * to[i];
    }
    const double variance = xx / w - x / w * (x / w);
    const double covariance = xy / w - x / w * (y / w);
    // A flat picture has an offset only.
    const double gain = variance > 4 ? std::clamp(covariance / variance, 0.1, 9.0) : 1.0;
    fit = {float(gain), float((y - gain * x) / w)};
  }
  return fit;
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

double total(const std::vector<float>& blocks) {
  double sum = 0;
  for (const float block : blocks) sum += double(block);
  return sum;
}

class Matching {
 public:
  Matching(const Look& frame, const Look& other, const motion::Flow& flow,
           const motion::Planes3& predicted)
      : frame_(frame.ycc),
        other_(other.ycc),
        flow_(flow),
        width_(frame_.width),
        height_(frame_.height),
        grid_(width_, height_),
        predicted_(predicted),
        now_(width_),
        then_(width_),
        mask_(std::size_t(width_)),
        sums_(grid_),
        fitted_(grid_) {}

  Match run() {
    sum_up();
    compare();
    find_shifts();
    sum_up_fitted();
    finish();
    add_motion(flow_, result_);
    return std::move(result_);
  }

 private:
  void read_row(int y) {
    now_.read(frame_, y);
    mark_inside(flow_.row(y), y, width_, height_, mask_.data());
  }

  void sum_up() {
    const std::vector<float> all(std::size_t(width_), 1.0F);
    for (int y = 0; y < height_; ++y) {
      read_row(y);
      then_.read(other_, y);
      const float* now = now_.channel(0);
      const float* guess = predicted_.row(0, y);
      const float* mask = mask_.data();
      add_distances(all.data(), now, then_.channel(0), width_, sums_.columns(still));
      add_row(all.data(), mask, width_, sums_.columns(counted));
      for (int c = 0; c < 3; ++c) {
        add_row(mask, now_.channel(c), width_, sums_.columns(frame + std::size_t(c)));
        add_row(mask, predicted_.row(c, y), width_, sums_.columns(predicted + std::size_t(c)));
      }
      add_distances(mask, now, guess, width_, sums_.columns(raw));
      add_products(mask, now, now, width_, sums_.columns(frame_squared));
      add_products(mask, guess, guess, width_, sums_.columns(predicted_squared));
      add_products(mask, now, guess, width_, sums_.columns(product));
      sums_.end_row(y, height_);
    }
  }

  // A block that lies outside for the most part says nothing.
  [[nodiscard]] bool counts(std::size_t block) const {
    const float inside = sums_.of(counted)[block];
    return inside > 0 && 2 * inside >= float(grid_.pixels(int(block)));
  }
  [[nodiscard]] float mean(std::size_t sum, std::size_t block) const {
    return sums_.of(sum)[block] / sums_.of(counted)[block];
  }

  void compare() {
    const double n = total(sums_.of(counted));
    result_.valid = float(n / (double(width_) * height_));
    if (n == 0) return;
    const double f = total(sums_.of(frame)) / n;
    const double p = total(sums_.of(predicted)) / n;
    const double frame_variance = total(sums_.of(frame_squared)) / n - f * f;
    const double predicted_variance = total(sums_.of(predicted_squared)) / n - p * p;
    const double covariance = total(sums_.of(product)) / n - f * p;
    const double varied = frame_variance * predicted_variance;
    // Two flat pictures go together; a flat one and another don't.
    result_.correlation = varied > 1e-3 ? float(covariance / std::sqrt(varied))
                          : frame_variance < 1 && predicted_variance < 1 ? 1.0F
                                                                         : 0.0F;
  }

  void find_shifts() {
    std::array<std::vector<float>, 3> shifts;
    std::vector<float> from;
    std::vector<float> to;
    for (std::size_t block = 0; block < grid_.size(); ++block) {
      if (!counts(block)) continue;
      from.push_back(mean(predicted, block));
      to.push_back(mean(frame, block));
      shifts[0].push_back(std::log((to.back() + kAboveBlack) / (from.back() + kAboveBlack)));
      shifts[1].push_back(mean(frame + 1, block) - mean(predicted + 1, block));
      shifts[2].push_back(mean(frame + 2, block) - mean(predicted + 2, block));
    }
    fit_ = fit_gain(from, to);
    result_.gain = fit_.gain;
    result_.offset = fit_.offset;
    result_.luma_shift = median_of(shifts[0]);
    result_.cb_shift = median_of(shifts[1]);
    result_.cr_shift = median_of(shifts[2]);
    result_.luma_scatter = scatter_of(shifts[0]);
    result_.chroma_scatter = std::max(scatter_of(shifts[1]), scatter_of(shifts[2]));
  }

  void sum_up_fitted() {
    for (int y = 0; y < height_; ++y) {
      read_row(y);
      const float* mask = mask_.data();
      add_distances(mask, now_.channel(0), predicted_.row(0, y), width_, fitted_.columns(fitted), 1,
                    fit_);
      add_distances(mask, now_.channel(1), predicted_.row(1, y), width_, fitted_.columns(chroma), 1,
                    {1, result_.cb_shift});
      add_distances(mask, now_.channel(2), predicted_.row(2, y), width_, fitted_.columns(chroma), 1,
                    {1, result_.cr_shift});
      fitted_.end_row(y, height_);
    }
  }

  void finish() {
    std::vector<float> raws;
    std::vector<float> stills;
    result_.block_residual.reserve(grid_.size());
    for (std::size_t block = 0; block < grid_.size(); ++block) {
      stills.push_back(sums_.of(still)[block] / float(std::max(1, grid_.pixels(int(block)))));
      if (counts(block)) raws.push_back(mean(raw, block));
      const float residual = fitted_.of(fitted)[block] + 0.5F * fitted_.of(chroma)[block];
      result_.block_residual.push_back(counts(block) ? residual / sums_.of(counted)[block] : 0);
    }
    if (const double n = total(sums_.of(counted)); n > 0) {
      result_.residual = float(total(fitted_.of(fitted)) / n);
      result_.raw_residual = float(total(sums_.of(raw)) / n);
    }
    result_.quiet_raw = percentile_of(raws, 0.4);
    result_.difference = float(total(sums_.of(still)) / std::max(1.0, double(width_) * height_));
    result_.busy_difference = mean_of_top(stills, 0.08);
  }

  const motion::Packed& frame_;
  const motion::Packed& other_;
  const motion::Flow& flow_;
  const int width_, height_;
  const BlockGrid grid_;
  const motion::Planes3& predicted_;
  PixelRow now_, then_;
  std::vector<float> mask_;  // of the row now
  BlockSums<sum_count> sums_;
  BlockSums<fitted_sum_count> fitted_;
  Fit fit_;
  Match result_;
};

}  // namespace

BlockGrid::BlockGrid(int width, int height)
    : columns(std::max(1, width / kBlockSide)),
      rows(std::max(1, height / kBlockSide)),
      height_(height),
      column_of_(std::size_t(width)) {
  for (int x = 0; x < width; ++x)
    column_of_[std::size_t(x)] = std::min(x / kBlockSide, columns - 1);
}

int BlockGrid::pixels(int block) const {
  // The last of a line has what is left over, too.
  const auto length = [](int place, int count, int all) {
    return place + 1 < count ? kBlockSide : all - (count - 1) * kBlockSide;
  };
  return length(block % columns, columns, int(column_of_.size())) *
         length(block / columns, rows, height_);
}

Match match(const Look& frame, const Look& other, const motion::Flow& flow) {
  return match(frame, other, flow, motion::warp(other.ycc, flow));
}

Match match(const Look& frame, const Look& other, const motion::Flow& flow,
            const motion::Planes3& predicted) {
  return Matching(frame, other, flow, predicted).run();
}

}  // namespace videogen::coherence
