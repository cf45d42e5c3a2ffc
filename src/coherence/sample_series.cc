#include "coherence/sample_series.h"

#include <utility>

#include "coherence/similarity.h"

namespace videogen::coherence {

void SampleWatch::compare(const Sample& then, const Sample& now, Sums& sums) const {
  const std::optional<double> similarity = cosine(then.row, now.row);
  if (!similarity) return;
  sums.cosine += *similarity;
  sums.seconds += now.time_s - then.time_s;
  ++sums.pairs;
}

SampleWatch::Sums& SampleWatch::sums_of(std::size_t power) {
  if (power >= sums_.size()) sums_.resize(power + 1);
  return sums_[power];
}

void SampleWatch::add_lags(const Sample& now) {
  std::size_t power = 0;
  std::int64_t lag = 1;
  for (; lag <= std::int64_t(kKept) && lag <= count_; lag *= 2, ++power)
    compare(ring_[std::size_t(count_ - lag) % kKept], now, sums_of(power));
  for (std::size_t j = 0; lag <= count_ && count_ % lag == 0; lag *= 2, ++power, ++j) {
    if (j == kept_.size()) kept_.push_back(start_);  // the multiple before the first one
    compare(kept_[j], now, sums_of(power));
    kept_[j] = now;
  }
}

void SampleWatch::add(double time_s, std::span<const float> row) {
  Sample now{time_s, {row.begin(), row.end()}};
  if (count_ > 0)
    series_.to_previous.push_back(cosine(ring_[std::size_t(count_ - 1) % kKept].row, row));
  series_.to_first.push_back(first_.empty() ? std::nullopt : cosine(first_, row));
  if (first_.empty() && cosine(row, row)) first_ = now.row;
  series_.times_s.push_back(time_s);
  if (count_ == 0) start_ = now;
  add_lags(now);
  const std::size_t place = std::size_t(count_) % kKept;
  if (place == ring_.size()) {
    ring_.push_back(std::move(now));
  } else {
    ring_[place] = std::move(now);
  }
  ++count_;
}

std::optional<double> SampleWatch::last_similarity() const {
  return series_.to_previous.empty() ? std::nullopt : series_.to_previous.back();
}

SampleSeries SampleWatch::finish() {
  for (std::size_t k = 0; k < sums_.size(); ++k) {
    const Sums& sums = sums_[k];
    if (sums.pairs == 0) continue;
    const auto pairs = double(sums.pairs);
    series_.lags.push_back(
        {std::int64_t{1} << k, sums.pairs, sums.seconds / pairs, sums.cosine / pairs});
  }
  SampleSeries done = std::move(series_);
  *this = {};
  return done;
}

}  // namespace videogen::coherence
