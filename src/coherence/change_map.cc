#include "coherence/change_map.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "coherence/statistics.h"

namespace videogen::coherence {
namespace {

constexpr double kAround_s = 1.7;   // maps this far away say what is usual at a place
constexpr std::size_t kPlaces = 3;  // candidates of each map
constexpr int kApart = 3;           // blocks between candidates

float log1(float x) { return std::log(1 + std::max(0.0F, x)); }

std::vector<float> smoothed(const std::vector<float>& values, int columns, int rows) {
  std::vector<float> out(values.size());
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      float sum = 0;
      int count = 0;
      for (int v = std::max(0, y - 1); v <= std::min(rows - 1, y + 1); ++v) {
        for (int u = std::max(0, x - 1); u <= std::min(columns - 1, x + 1); ++u, ++count)
          sum += values[std::size_t(v * columns + u)];
      }
      out[std::size_t(y * columns + x)] = sum / float(count);
    }
  }
  return out;
}

// Mean of value(x, y) over each block's pixels but the last row and column of the picture.
template <class Value>
std::vector<float> block_means(int width, int height, const Value& value) {
  const BlockGrid grid(width, height);
  std::vector<float> sums(std::size_t(grid.count()), 0);
  std::vector<int> counts(sums.size(), 0);
  for (int y = 0; y + 1 < height; ++y) {
    for (int x = 0; x + 1 < width; ++x) {
      const auto block = std::size_t(grid.at(x, y));
      sums[block] += value(x, y);
      ++counts[block];
    }
  }
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] /= float(std::max(1, counts[i]));
  return smoothed(sums, grid.columns, grid.rows);
}

std::vector<float> texture(const Look& look) {
  return block_means(look.luma.width, look.luma.height, [&](int x, int y) {
    const std::uint8_t* row = look.luma.row(y);
    const std::uint8_t* below = look.luma.row(y + 1);
    return float(std::abs(row[x + 1] - row[x]) + std::abs(below[x] - row[x]));
  });
}

std::vector<float> mutual_of(const ChangeMap& map) {
  std::vector<float> values(map.leaving.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = map.mutual(i);
  return values;
}

}  // namespace

ChangeMap map_change(const Look& first, const Look& last, const Ways& ways) {
  const BlockGrid grid(first.luma.width, first.luma.height);
  ChangeMap map;
  map.columns = grid.columns;
  map.rows = grid.rows;
  map.first_s = first.time_s;
  map.last_s = last.time_s;
  const auto keep_better = [](std::vector<float>& kept, const std::vector<float>& other) {
    if (kept.empty()) kept = other;
    for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = std::min(kept[i], other[i]);
  };
  for (const motion::Flow& forth : ways.forth)
    keep_better(map.leaving, match(first, last, forth).block_residual);
  map.correlation = 0;
  for (const motion::Flow& back : ways.back) {
    const Match arriving = match(last, first, back);
    keep_better(map.arriving, arriving.block_residual);
    if (arriving.correlation <= map.correlation) continue;
    map.correlation = arriving.correlation;
    map.gain = arriving.gain;
    map.motion = arriving.motion;
  }
  map.leaving = smoothed(map.leaving, grid.columns, grid.rows);
  map.arriving = smoothed(map.arriving, grid.columns, grid.rows);
  map.texture_before = texture(first);
  map.texture_after = texture(last);
  const motion::Flow& back = ways.back.front();
  map.length = block_means(back.width, back.height, [&](int x, int y) {
    const float* d = back.row(y) + 2 * std::ptrdiff_t{x};
    return std::hypot(d[0], d[1]);
  });
  map.roughness = block_means(back.width, back.height, [&](int x, int y) {
    const float* d = back.row(y) + 2 * std::ptrdiff_t{x};
    const float* below = back.row(y + 1) + 2 * std::ptrdiff_t{x};
    return std::fabs(d[2] - d[0]) + std::fabs(d[3] - d[1]) + std::fabs(below[0] - d[0]) +
           std::fabs(below[1] - d[1]);
  });
  map.step_peak.assign(map.leaving.size(), 0);
  return map;
}

void ChangeWatch::add(ChangeMap map, std::vector<Change>& out) {
  maps_.push_back(std::move(map));
  const double now = maps_.back().first_s;
  while (described_ < maps_.size() && maps_[described_].first_s + kAround_s < now)
    describe(described_++, out);
  while (described_ > 0 && maps_.front().first_s + 2 * kAround_s + 0.2 < now) {
    maps_.pop_front();
    --described_;
  }
}

void ChangeWatch::finish(std::vector<Change>& out) {
  while (described_ < maps_.size()) describe(described_++, out);
  maps_.clear();
  described_ = 0;
}

void ChangeWatch::describe(std::size_t which, std::vector<Change>& out) const {
  const ChangeMap& map = maps_[which];
  const std::size_t blocks = map.leaving.size();
  const std::vector<float> mutual = mutual_of(map);
  const float middle = median_of(mutual);
  const float busy = percentile_of(mutual, 0.9);

  // What is usual at a place: maps that share no moment with this one.
  std::vector<const ChangeMap*> others;
  const ChangeMap* before = nullptr;  // the nearest that ends before this one begins
  const ChangeMap* after = nullptr;
  for (const ChangeMap& other : maps_) {
    if (other.leaving.size() != blocks) continue;
    const bool apart = other.last_s <= map.first_s + 0.05 || other.first_s >= map.last_s - 0.05;
    if (!apart || std::fabs(other.first_s - map.first_s) > kAround_s) continue;
    others.push_back(&other);
    if (other.last_s <= map.first_s + 0.05) before = &other;
    if (other.first_s >= map.last_s - 0.05 && after == nullptr) after = &other;
  }
  std::vector<float> usual(blocks, middle);
  std::vector<float> usual_peak(blocks, 0);
  for (std::size_t i = 0; i < blocks && !others.empty(); ++i) {
    std::vector<float> values;
    std::vector<float> peaks;
    for (const ChangeMap* other : others) {
      values.push_back(other->mutual(i));
      peaks.push_back(other->step_peak[i]);
    }
    usual[i] = percentile_of(std::move(values), 0.6);
    usual_peak[i] = percentile_of(std::move(peaks), 0.6);
  }

  std::vector<float> surprise(blocks);
  for (std::size_t i = 0; i < blocks; ++i)
    surprise[i] = log1(mutual[i]) - log1(std::max(usual[i], 0.7F * middle));

  std::vector<std::pair<int, int>> taken;
  for (std::size_t place = 0; place < kPlaces; ++place) {
    std::size_t best = blocks;
    for (std::size_t i = 0; i < blocks; ++i) {
      const int x = int(i) % map.columns;
      const int y = int(i) / map.columns;
      const bool near = std::ranges::any_of(taken, [&](const auto& other) {
        return std::abs(other.first - x) < kApart && std::abs(other.second - y) < kApart;
      });
      if (!near && (best == blocks || surprise[i] > surprise[best])) best = i;
    }
    if (best == blocks) break;
    const int x = int(best) % map.columns;
    const int y = int(best) / map.columns;
    taken.emplace_back(x, y);
    int wide = 0;
    for (std::size_t i = 0; i < blocks; ++i)
      if (surprise[i] > 0.6F * surprise[best] && std::abs(int(i) % map.columns - x) <= 4 &&
          std::abs(int(i) / map.columns - y) <= 4)
        ++wide;
    const int border = std::min({x, y, map.columns - 1 - x, map.rows - 1 - y});
    Change change;
    change.first = map.first;
    change.last = map.last;
    change.column = (float(x) + 0.5F) / float(map.columns);
    change.row = (float(y) + 0.5F) / float(map.rows);
    change.features = {
        surprise[best],
        log1(mutual[best]),
        log1(usual[best]),
        log1(middle),
        log1(busy),
        log1(map.leaving[best]),
        log1(map.arriving[best]),
        log1(map.texture_before[best]),
        log1(map.texture_after[best]),
        log1(map.texture_after[best]) - log1(map.texture_before[best]),
        log1(map.step_peak[best]),
        log1(map.step_peak[best]) - log1(usual_peak[best]),
        log1(map.length[best]),
        log1(map.motion),
        log1(10 * map.roughness[best]),
        log1(before != nullptr ? before->mutual(best) : usual[best]),
        log1(after != nullptr ? after->mutual(best) : usual[best]),
        std::sqrt(std::max(0.0F, 1 - map.correlation)),
        std::fabs(std::log(map.gain)),
        log1(float(wide)),
        float(std::min(border, 3)),
        float(std::min<std::size_t>(others.size(), 12)),
    };
    out.push_back(change);
  }
}

}  // namespace videogen::coherence
