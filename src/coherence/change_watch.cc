#include "coherence/change_watch.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "coherence/statistics.h"

namespace videogen::coherence {
namespace {

constexpr double kAround_s = 1.7;       // maps this far away say what is usual at a place
constexpr double kApart_s = 0.05;       // maps may overlap by so much and share no moment
constexpr std::size_t kSupporters = 2;  // pairs before, and after, that may agree
constexpr int kNear = 2;                // blocks

// Share of the blocks that are found again in neither frame.
float failing_of(const std::vector<float>& mutual) {
  const float fails = std::log(1.0F + 12);  // levels
  const auto count = std::ranges::count_if(mutual, [&](float x) { return x > fails; });
  return mutual.empty() ? 0 : float(count) / float(mutual.size());
}

std::vector<float> mutual_of(const ChangeMap& map) {
  std::vector<float> values(map.blocks());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = map.mutual(i);
  return values;
}

// Means over 3×3 blocks; the border is repeated.
std::vector<float> smoothed(const std::vector<float>& values, int columns, int rows) {
  std::vector<float> out(values.size());
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      float sum = 0;
      for (int v = y - 1; v <= y + 1; ++v) {
        for (int u = x - 1; u <= x + 1; ++u) {
          const int at = std::clamp(v, 0, rows - 1) * columns + std::clamp(u, 0, columns - 1);
          sum += values[std::size_t(at)];
        }
      }
      out[std::size_t(y * columns + x)] = sum / 9;
    }
  }
  return out;
}

}  // namespace

Planes planes_of(const ChangeMap& map, const std::deque<ChangeMap>& around) {
  const std::size_t blocks = map.blocks();
  std::vector<const ChangeMap*> others;
  const ChangeMap* before = nullptr;
  const ChangeMap* after = nullptr;
  for (const ChangeMap& other : around) {
    if (other.blocks() != blocks) continue;
    const bool precedes = other.last_s <= map.first_s + kApart_s;
    const bool follows = other.first_s >= map.last_s - kApart_s;
    if (precedes) before = &other;
    if (follows && after == nullptr) after = &other;
    if ((precedes || follows) && std::fabs(other.first_s - map.first_s) <= kAround_s)
      others.push_back(&other);
  }
  Planes planes{.columns = map.columns, .rows = map.rows, .values = {}};
  planes.values.reserve(blocks * kPlanes);
  for (std::size_t i = 0; i < blocks; ++i) {
    for (const ChangeMap* shown : {&map, before, after}) {
      const ChangeMap& source = shown != nullptr ? *shown : map;
      for (std::size_t feature = 0; feature < kBlockFeatures; ++feature)
        planes.values.push_back(source.of(BlockFeature(feature))[i]);
    }
    std::vector<float> usual;
    std::vector<float> usual_peak;
    for (const ChangeMap* other : others) {
      usual.push_back(other->mutual(i));
      usual_peak.push_back(other->of(BlockFeature::step_peak)[i]);
    }
    planes.values.push_back(others.empty() ? map.mutual(i) : percentile_of(std::move(usual), 0.6));
    planes.values.push_back(others.empty() ? map.of(BlockFeature::step_peak)[i]
                                           : percentile_of(std::move(usual_peak), 0.6));
    planes.values.insert(planes.values.end(), map.pair.begin(), map.pair.end());
    planes.values.push_back(before != nullptr ? 1.0F : 0.0F);
    planes.values.push_back(after != nullptr ? 1.0F : 0.0F);
  }
  return planes;
}

float ChangeWatch::Weighed::most_near(int column, int row) const {
  float most = -1e9F;
  for (int y = std::max(0, row - kNear); y <= std::min(rows - 1, row + kNear); ++y) {
    for (int x = std::max(0, column - kNear); x <= std::min(columns - 1, column + kNear); ++x)
      most = std::max(most, logits[std::size_t(y * columns + x)]);
  }
  return most;
}

void ChangeWatch::add(ChangeMap map, std::vector<Change>& out) {
  maps_.push_back(std::move(map));
  const double now = maps_.back().first_s;
  while (described_ < maps_.size() && maps_[described_].first_s + kAround_s < now)
    weigh(maps_[described_++], out);
  while (described_ > 0 && maps_.front().first_s + 2 * kAround_s + 0.2 < now) {
    maps_.pop_front();
    --described_;
  }
}

void ChangeWatch::finish(std::vector<Change>& out) {
  while (described_ < maps_.size()) weigh(maps_[described_++], out);
  conclude(out, 0);
  maps_.clear();
  weighed_.clear();
  described_ = concluded_ = 0;
}

void ChangeWatch::weigh(const ChangeMap& map, std::vector<Change>& out) {
  const Planes planes = planes_of(map, maps_);
  weighed_.push_back({map.first, map.last, map.columns, map.rows,
                      smoothed(network_->logits(planes), map.columns, map.rows), mutual_of(map),
                      map.pair});
  conclude(out, kSupporters);
}

// Gives all but the last `waiting` maps.
void ChangeWatch::conclude(std::vector<Change>& out, std::size_t waiting) {
  while (concluded_ + waiting < weighed_.size()) {
    const Weighed& map = weighed_[concluded_];
    const auto worst = std::ranges::max_element(map.logits) - map.logits.begin();
    const int x = int(worst) % map.columns;
    const int y = int(worst) / map.columns;
    Change change{.first = map.first,
                  .last = map.last,
                  .column = (float(x) + 0.5F) / float(map.columns),
                  .row = (float(y) + 0.5F) / float(map.rows),
                  .logit = map.logits[std::size_t(worst)],
                  .support = -1e9F,
                  .residual = std::expm1(map.mutual[std::size_t(worst)]),
                  .usual = map.pair[std::size_t(PairFeature::usual)],
                  .mixture = map.pair[std::size_t(PairFeature::mixture)],
                  .apart = map.pair[std::size_t(PairFeature::apart)],
                  .failing = failing_of(map.mutual)};
    const std::size_t begin = concluded_ - std::min(concluded_, kSupporters);
    for (std::size_t n = begin; n < std::min(weighed_.size(), concluded_ + kSupporters + 1); ++n)
      if (n != concluded_) change.support = std::max(change.support, weighed_[n].most_near(x, y));
    out.push_back(change);
    ++concluded_;
    while (concluded_ > kSupporters) {
      weighed_.pop_front();
      --concluded_;
    }
  }
}

}  // namespace videogen::coherence
