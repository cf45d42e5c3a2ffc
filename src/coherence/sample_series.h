// What was measured of a clip's samples: cosines of their embeddings, as they come by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace videogen::coherence {

// Pairs of samples that lie `samples` apart.
struct Lag {
  std::int64_t samples = 1;
  std::int64_t pairs = 0;  // that could be compared
  double seconds = 0;      // mean time between them
  double cosine = 0;       // mean
};

// One value a sample, nullopt where there is no descriptor (a flat picture has no GIST).
struct SampleSeries {
  std::vector<double> times_s;                     // the samples' own
  std::vector<std::optional<double>> to_previous;  // one fewer than times_s
  std::vector<std::optional<double>> to_first;     // to the first one with a descriptor; that
                                                   // one's own is nullopt
  std::vector<Lag> lags;                           // 1, 2, 4, … samples; those with pairs
};

// Takes embeddings one by one. Keeps the last kKept of them and one for each longer lag, so
// memory is some MB whatever the clip's length, but for three numbers a sample.
//
// Up to a lag of kKept all pairs count; for longer ones those at multiples of the lag.
class SampleWatch {
 public:
  static constexpr std::size_t kKept = 1024;

  void add(double time_s, std::span<const float> row);
  // The cosine of the last two that were added; nullopt also where there are none.
  [[nodiscard]] std::optional<double> last_similarity() const;
  // Hands over what was seen and begins anew.
  [[nodiscard]] SampleSeries finish();

 private:
  struct Sample {
    double time_s = 0;
    std::vector<float> row;
  };
  struct Sums {
    double seconds = 0, cosine = 0;
    std::int64_t pairs = 0;
  };
  void compare(const Sample& then, const Sample& now, Sums& sums) const;
  void add_lags(const Sample& now);
  Sums& sums_of(std::size_t power);

  SampleSeries series_;
  std::vector<float> first_;  // empty: none has had a descriptor
  std::vector<Sample> ring_;  // sample i at i % kKept
  std::vector<Sums> sums_;    // [k]: of lag 2^k
  // [j]: for lag 2^(j + 1) · kKept, the sample at its last multiple.
  std::vector<Sample> kept_;
  Sample start_;  // the very first one
  std::int64_t count_ = 0;
};

}  // namespace videogen::coherence
