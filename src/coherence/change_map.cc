#include "coherence/change_map.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "coherence/block_sums.h"
#include "coherence/rows.h"
#include "coherence/statistics.h"
#include "motion/warp.h"

namespace videogen::coherence {
namespace {

float log1(float x) { return std::log(1 + std::max(0.0F, x)); }

// Means of values(x, y) over each block's pixels but the last row and column of the picture, and
// but for those that lie between the strides.
template <std::size_t Count, class Values>
std::array<std::vector<float>, Count> means_of(const BlockGrid& grid, int width, int height,
                                               int stride, const Values& values) {
  std::array<std::vector<float>, Count> sums;
  for (auto& one : sums) one.assign(std::size_t(grid.count()), 0);
  std::vector<int> counts(std::size_t(grid.count()), 0);
  for (int y = 0; y + 1 < height; y += stride) {
    const int row = grid.row_of(y) * grid.columns;
    for (int x = 0; x + 1 < width; x += stride) {
      const auto block = std::size_t(row + grid.column_of()[std::size_t(x)]);
      const std::array<float, Count> found = values(x, y);
      for (std::size_t k = 0; k < Count; ++k) sums[k][block] += found[k];
      ++counts[block];
    }
  }
  for (auto& one : sums)
    for (std::size_t i = 0; i < one.size(); ++i) one[i] /= float(std::max(1, counts[i]));
  return sums;
}

float length(float x, float y) { return std::sqrt(x * x + y * y); }

std::vector<float> texture(const Look& look, const BlockGrid& grid) {
  auto [means] = means_of<1>(grid, look.luma.width, look.luma.height, 1, [&](int x, int y) {
    const std::uint8_t* row = look.luma.row(y);
    const std::uint8_t* below = look.luma.row(y + 1);
    return std::array{float(std::abs(row[x + 1] - row[x]) + std::abs(below[x] - row[x]))};
  });
  return std::move(means);
}

const float* vector_of(const motion::Flow& flow, int x, int y) {
  return flow.row(y) + 2 * std::ptrdiff_t{x};
}

// Where every stride-th pixel of row y goes.
motion::Points landing(const motion::Flow& flow, int y, int stride) {
  motion::Points points;
  for (int x = 0; x < flow.width; x += stride) {
    const float* d = vector_of(flow, x, y);
    points.x.push_back(float(x) + d[0]);
    points.y.push_back(float(y) + d[1]);
  }
  return points;
}

// Of two predictions each block counts by the better.
void keep_better(std::vector<float>& kept, const std::vector<float>& other) {
  for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = std::min(kept[i], other[i]);
}

class Mapping {
 public:
  Mapping(std::span<const StepView> steps, motion::FlowEstimator& estimator)
      : steps_(steps),
        first_(*steps.front().look),
        last_(*steps.back().look),
        width_(first_.luma.width),
        height_(first_.luma.height),
        grid_(width_, height_),
        leap_forth_(estimator.between(first_.luma, last_.luma)),
        leap_back_(estimator.between(last_.luma, first_.luma)),
        forth_(chain_forth(0, steps.size() - 1)),
        back_(chain_back(steps.size() - 1, 0)),
        predicted_last_(motion::warp(first_.ycc, back_)),
        inner_(std::size_t(width_), 1.0F) {
    inner_.back() = 0;
    map_.columns = grid_.columns;
    map_.rows = grid_.rows;
    map_.first_s = first_.time_s;
    map_.last_s = last_.time_s;
    map_.values.resize(kBlockFeatures * map_.blocks());
  }

  ChangeMap run() {
    add_ends();
    add_flow();
    add_step_peak();
    add_middle();
    add_tone();
    add_mixture();
    return std::move(map_);
  }

 private:
  // Flow from the frame of step `from` to that of the later step `to`.
  [[nodiscard]] motion::Flow chain_forth(std::size_t from, std::size_t to) const {
    std::vector<const motion::Flow*> flows;
    for (std::size_t i = from + 1; i <= to; ++i) flows.push_back(steps_[i].forth);
    return motion::chained(flows);
  }
  [[nodiscard]] motion::Flow chain_back(std::size_t from, std::size_t to) const {
    std::vector<const motion::Flow*> flows;
    for (std::size_t i = from; i > to; --i) flows.push_back(steps_[i].back);
    return motion::chained(flows);
  }

  [[nodiscard]] std::vector<float> row_of(float value) const {
    return std::vector<float>(std::size_t(width_), value);
  }

  void set(BlockFeature feature, const std::vector<float>& values, float factor = 1) {
    const auto out = map_.values.begin() + std::ptrdiff_t(std::size_t(feature) * map_.blocks());
    std::ranges::transform(values, out, [&](float x) { return log1(factor * x); });
  }
  void set(PairFeature feature, float value) { map_.pair[std::size_t(feature)] = value; }

  void add_ends() {
    std::vector<float> leaving = match(first_, last_, leap_forth_).block_residual;
    keep_better(leaving, match(first_, last_, forth_).block_residual);
    Match arriving = match(last_, first_, leap_back_);
    Match along = match(last_, first_, back_, predicted_last_);
    if (along.correlation > arriving.correlation) std::swap(arriving, along);
    keep_better(arriving.block_residual, along.block_residual);
    set(BlockFeature::leaving, leaving);
    set(BlockFeature::arriving, arriving.block_residual);
    set(BlockFeature::texture_before, texture(first_, grid_));
    set(BlockFeature::texture_after, texture(last_, grid_));

    std::vector<float> mutual = std::move(leaving);
    keep_better(mutual, arriving.block_residual);
    set(PairFeature::usual, log1(median_of(mutual)));
    set(PairFeature::busy, log1(percentile_of(mutual, 0.9)));
    set(PairFeature::motion, log1(arriving.motion));
    set(PairFeature::unlikeness, std::sqrt(std::max(0.0F, 1 - arriving.correlation)));
    set(PairFeature::gain, std::fabs(std::log(arriving.gain)));
    const auto steps = double(steps_.size() - 1);
    set(PairFeature::interval, float(10 * (last_.time_s - first_.time_s) / steps));
  }

  void add_flow() {
    constexpr int kStride = 2;  // flow is smooth
    motion::Points landed;
    motion::Points home;
    int read = -1;  // the row that home is of
    const auto means = means_of<4>(grid_, width_, height_, kStride, [&](int x, int y) {
      if (y != read) {
        landed = landing(back_, y, kStride);
        motion::vectors_at(forth_, landed, home);
        read = y;
      }
      const float* d = vector_of(back_, x, y);
      const float* below = vector_of(back_, x, y + 1);
      const float* leap = vector_of(leap_back_, x, y);
      const auto k = std::size_t(x / kStride);
      return std::array{length(d[0], d[1]),
                        std::fabs(d[2] - d[0]) + std::fabs(d[3] - d[1]) +
                            std::fabs(below[0] - d[0]) + std::fabs(below[1] - d[1]),
                        length(d[0] + home.x[k], d[1] + home.y[k]),
                        length(d[0] - leap[0], d[1] - leap[1])};
    });
    set(BlockFeature::length, means[0]);
    set(BlockFeature::roughness, means[1], 10);
    set(BlockFeature::round_trip, means[2]);
    set(BlockFeature::disagreement, means[3]);
  }

  // The last of the sums counts the pixels.
  template <std::size_t Count>
  static std::array<std::vector<float>, Count - 1> means_of_blocks(const BlockSums<Count>& sums) {
    std::array<std::vector<float>, Count - 1> means;
    for (std::size_t k = 0; k + 1 < Count; ++k) {
      means[k] = sums.of(k);
      for (std::size_t i = 0; i < means[k].size(); ++i)
        means[k][i] /= std::max(1.0F, sums.of(Count - 1)[i]);
    }
    return means;
  }

  void add_step_peak() {
    std::vector<float> peak(map_.blocks(), 0);
    for (const StepView& step : steps_.subspan(1)) {
      const std::vector<float>& blocks = step.match->block_residual;
      for (std::size_t i = 0; i < std::min(peak.size(), blocks.size()); ++i)
        peak[i] = std::max(peak[i], blocks[i]);
    }
    set(BlockFeature::step_peak, peak);
  }

  void add_middle() {
    const std::size_t half = steps_.size() / 2;
    const Look& middle = *steps_[half].look;
    const motion::Flow to_first = chain_back(half, 0);
    const motion::Flow to_last = half + 1 < steps_.size() ? chain_forth(half, steps_.size() - 1)
                                                          : motion::Flow(width_, height_, 2);
    const motion::Planes3 from_first = motion::warp(first_.ycc, to_first);
    const motion::Planes3 from_last = motion::warp(last_.ycc, to_last);
    BlockSums<5> sums(grid_);
    PixelRow seen(width_);
    std::vector<float> mask = row_of(0);
    std::vector<float> inside = row_of(0);
    std::vector<float> mean = row_of(0);
    for (int y = 0; y + 1 < height_; ++y) {
      mark_inside(to_first.row(y), y, width_, height_, inside.data());
      std::ranges::fill(mask, 0.0F);
      add_row(inside.data(), inner_.data(), width_, mask.data());
      mark_inside(to_last.row(y), y, width_, height_, inside.data());
      for (std::size_t x = 0; x < mask.size(); ++x) mask[x] *= inside[x];
      seen.read(middle.ycc, y);
      for (int c = 0; c < 3; ++c) {
        const float weight = c == 0 ? 1 : 0.5F;
        const float* m = seen.channel(c);
        const float* a = from_first.row(c, y);
        const float* b = from_last.row(c, y);
        for (std::size_t x = 0; x < mean.size(); ++x) mean[x] = (a[x] + b[x]) / 2;
        add_distances(mask.data(), m, a, width_, sums.columns(0), weight);
        add_distances(mask.data(), m, b, width_, sums.columns(1), weight);
        add_distances(mask.data(), a, b, width_, sums.columns(2), weight);
        add_distances(mask.data(), m, mean.data(), width_, sums.columns(3), weight);
      }
      add_row(inner_.data(), inner_.data(), width_, sums.columns(4));
      sums.end_row(y, height_ - 1);
    }
    const auto means = means_of_blocks(sums);
    set(BlockFeature::middle_before, means[0]);
    set(BlockFeature::middle_after, means[1]);
    set(BlockFeature::ends_apart, means[2]);
    set(BlockFeature::blend, means[3]);
  }

  void add_tone() {
    BlockSums<4> sums(grid_);
    PixelRow now(width_);
    std::vector<float> mask = row_of(0);
    for (int y = 0; y + 1 < height_; ++y) {
      mark_inside(back_.row(y), y, width_, height_, mask.data());
      mask.back() = 0;
      now.read(last_.ycc, y);
      for (int c = 0; c < 3; ++c)
        add_differences(mask.data(), now.channel(c), predicted_last_.row(c, y), width_,
                        sums.columns(std::size_t(c)));
      add_row(inner_.data(), inner_.data(), width_, sums.columns(3));
      sums.end_row(y, height_ - 1);
    }
    const auto means = means_of_blocks(sums);
    std::vector<float> tone(map_.blocks(), 0);
    for (std::size_t channel = 0; channel < means.size(); ++channel) {
      // What all of the picture does is light.
      const float common = median_of(means[channel]);
      for (std::size_t i = 0; i < tone.size(); ++i)
        tone[i] += (channel == 0 ? 1.0F : 0.5F) * std::fabs(means[channel][i] - common);
    }
    set(BlockFeature::tone, tone);
  }

  // A dissolve: middle ≈ first + share · (last − first), all over the picture, better than
  // either end alone. Places as they are: along the motion a dissolve looks like anything.
  void add_mixture() {
    const Look& middle = *steps_[steps_.size() / 2].look;
    const std::vector<float> all = row_of(1);
    // Sums of columns, over all three channels.
    enum { kAlong, kAcross, kBefore, kAfter, kApart, kMixed, kCount };
    std::array<std::vector<float>, kCount> columns;
    for (auto& one : columns) one.assign(std::size_t(width_), 0);
    const auto sum = [&](int which) {
      return std::accumulate(columns[std::size_t(which)].begin(), columns[std::size_t(which)].end(),
                             0.0);
    };
    PixelRow first(width_);
    PixelRow last(width_);
    PixelRow seen(width_);
    std::vector<float> apart = row_of(0);   // last − first
    std::vector<float> passed = row_of(0);  // middle − first
    const auto visit = [&](const auto& add) {
      for (int y = 0; y < height_; ++y) {
        first.read(first_.ycc, y);
        last.read(last_.ycc, y);
        seen.read(middle.ycc, y);
        for (int c = 0; c < 3; ++c) {
          const float* a = first.channel(c);
          for (int x = 0; x < width_; ++x) {
            apart[std::size_t(x)] = last.channel(c)[x] - a[x];
            passed[std::size_t(x)] = seen.channel(c)[x] - a[x];
          }
          add();
        }
      }
    };
    const std::vector<float> none = row_of(0);
    visit([&] {
      const float* d = apart.data();
      const float* m = passed.data();
      add_products(all.data(), d, m, width_, columns[kAlong].data());
      add_products(all.data(), d, d, width_, columns[kAcross].data());
      add_distances(all.data(), m, none.data(), width_, columns[kBefore].data());
      add_distances(all.data(), m, d, width_, columns[kAfter].data());
      add_distances(all.data(), d, none.data(), width_, columns[kApart].data());
    });
    const double share = sum(kAcross) > 0 ? std::clamp(sum(kAlong) / sum(kAcross), 0.0, 1.0) : 0;
    visit([&] {
      add_distances(all.data(), passed.data(), apart.data(), width_, columns[kMixed].data(), 1,
                    {float(share), 0});
    });
    const double n = 3.0 * width_ * height_;
    const double noise = 0.5 * n;  // levels: what rounding and a codec leave
    set(PairFeature::mixture,
        float(std::max(0.0,
                       1 - (sum(kMixed) + noise) / (std::min(sum(kBefore), sum(kAfter)) + noise))));
    set(PairFeature::share, float(share));
    set(PairFeature::apart, log1(float(sum(kApart) / n)));
  }

  const std::span<const StepView> steps_;
  const Look& first_;
  const Look& last_;
  const int width_, height_;
  const BlockGrid grid_;
  const motion::Flow leap_forth_, leap_back_;  // in one leap
  const motion::Flow forth_, back_;            // step by step
  const motion::Planes3 predicted_last_;       // step by step
  std::vector<float> inner_;                   // 1 for all pixels of a row but the last
  ChangeMap map_;
};

}  // namespace

ChangeMap map_change(std::span<const StepView> steps, motion::FlowEstimator& estimator) {
  VIDEOGEN_CHECK(steps.size() >= 2, "a change lies between two frames");
  return Mapping(steps, estimator).run();
}

}  // namespace videogen::coherence
