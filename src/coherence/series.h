// What was measured of a clip, frame by frame and pair by pair: what the measures and the
// detectors read. Plain data; some hundred bytes a frame.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "coherence/change_watch.h"
#include "coherence/look.h"
#include "coherence/match.h"

namespace videogen::coherence {

// Outer frames of a possible burst: frame t + k predicted from t − 1, without looking at those
// between them.
struct Bridge {
  float residual = 0, quiet_raw = 0;  // as in Match
  float correlation = 1;
  // Blocks that leave at t, come back at t + k, and are at peace across the bridge: the mean
  // of the top 1.2 % of min(residual at t, at t + k) − 1.5 · residual across.
  float block_return = 0;
};
inline constexpr std::size_t kLongestBurst = 4;  // k = 1…4 for what may be a flash
// Broken blocks may stay for longer: where a few blocks leave and come back by far, up to here.
inline constexpr std::size_t kLongestBreak = 8;

struct Series {
  struct Frame {
    std::int64_t frame = 0;  // of the decoded sequence
    double time_s = 0;
    FrameFacts facts;
  };
  std::vector<Frame> frames;
  // steps[i] predicts frame i from i − 1; steps[0] says nothing. Blocks are not kept.
  std::vector<Match> steps;
  std::vector<float> top_blocks;  // of each step: mean of the top 1.2 % of its blocks' residuals
  // For the steps that stood out; [k − 1]. Absent where the clip ends before t + k, and past
  // kLongestBurst unless the worst blocks of both edges stand out by far.
  std::map<std::size_t, std::array<std::optional<Bridge>, kLongestBreak>> bridges;
  // [i]: Lai's warp error of the pair i − 1, i.
  std::vector<float> warp_errors;
  std::vector<Change> changes;  // by time; one a pair of frames
  std::vector<ChangeMap> maps;  // the same pairs; empty unless they were to be kept
  // [i]: mean |difference| of the pair i − 1, i over all pixels and channels at full size.
  std::vector<double> full_differences;

  [[nodiscard]] std::size_t size() const { return frames.size(); }
  // Median time between frames, seconds; 0 with fewer than two.
  [[nodiscard]] double interval_s() const;
  // Seconds as a number of frames, at least `least`.
  [[nodiscard]] std::size_t span(double seconds, std::size_t least = 1) const;
};

// The last part of a series that still grows.
struct SeriesWindow {
  Series series;
  std::size_t first = 0;  // the place of its first frame in the whole series
};

// Frames from `first` on, with all that lies between them. first: at most size().
[[nodiscard]] Series tail_of(const Series& series, std::size_t first);

}  // namespace videogen::coherence
