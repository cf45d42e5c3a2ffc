#include "coherence/timeline.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "coherence/similarity.h"

namespace videogen::coherence {

void Timeline::add(double time_s, std::span<const float> row) {
  if (!rows_.empty()) similarities_.push_back(cosine(rows_.back(), row));
  rows_.emplace_back(row.begin(), row.end());
  times_.push_back(time_s);
}

void Timeline::insert(double time_s, std::vector<float> row) {
  const auto after = std::ranges::upper_bound(times_, time_s) - times_.begin();
  VIDEOGEN_CHECK(after > 0 && after < std::ssize(times_), "it lies between two samples");
  rows_.insert(rows_.begin() + after, std::move(row));
  times_.insert(times_.begin() + after, time_s);
  const auto place = static_cast<std::size_t>(after);
  similarities_[place - 1] = cosine(rows_[place - 1], rows_[place]);
  similarities_.insert(similarities_.begin() + after, cosine(rows_[place], rows_[place + 1]));
}

void Timeline::move_into(Report& report) {
  report.similarities = std::exchange(similarities_, {});
  report.timestamps_s = std::exchange(times_, {});
  rows_.clear();
}

}  // namespace videogen::coherence
