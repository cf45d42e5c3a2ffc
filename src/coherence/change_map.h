// Where a clip has changed for good: frames some tenths of a second apart, compared along the
// motion between them.
//
// What moves is found again on the other side; what uncovers or is covered fails to one side
// only. What melts, vanishes, appears or turns into something else fails at its place to both
// sides, while before and after it the same place is at peace; where one thing dissolves into
// another, the frame in the middle is a mixture of the ends. detect_morph weighs these facts.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "coherence/look.h"
#include "coherence/match.h"
#include "motion/flow.h"

namespace videogen::coherence {

inline constexpr double kChangeReach_s = 0.4;   // between the two frames
inline constexpr double kChangeStride_s = 0.1;  // between neighbouring pairs

// What is known of each block of a pair of frames. Residuals are of luma and half of both
// colour differences, in levels; lengths in pixels. All as ln(1 + value).
enum class BlockFeature : std::size_t {
  leaving,         // residual of the first frame, predicted from the last, gain fitted
  arriving,        // and the other way
  texture_before,  // mean |gradient| of luma, in the first frame
  texture_after,   // in the last
  length,          // of the flow from the last to the first
  roughness,       // mean |gradient| of that flow, × 10: what deforms
  round_trip,      // how far a point lands from itself, there and back
  disagreement,    // of the flow in one leap and the flows of all steps in a row
  step_peak,       // largest residual of a single step between the two
  middle_before,   // residual of the frame in the middle, predicted from the first
  middle_after,    // from the last
  ends_apart,      // difference of both predictions of the middle
  blend,           // residual of the middle against the mean of both
  tone,            // difference of the blocks' means: last against first along the motion
  count
};
inline constexpr auto kBlockFeatures = std::size_t(BlockFeature::count);

// What is known of the pair as a whole.
enum class PairFeature : std::size_t {
  usual,       // median over the blocks of min(leaving, arriving)
  busy,        // its 90th percentile
  motion,      // mean length of the flow
  unlikeness,  // √(1 − correlation) of the last frame and its prediction
  gain,        // |ln gain|
  interval,    // of the clip's frames, seconds × 10
  mixture,     // how far the frame in the middle is a mixture of the ends, 0…1
  share,       // of the last frame in that mixture, 0…1
  apart,       // ln(1 + mean difference of the ends where they are, levels)
  count
};
inline constexpr auto kPairFeatures = std::size_t(PairFeature::count);

struct ChangeMap {
  std::size_t first = 0, last = 0;  // places of the two frames in the series
  double first_s = 0, last_s = 0;
  int columns = 1, rows = 1;
  std::vector<float> values;  // [kBlockFeatures, rows, columns]
  std::array<float, kPairFeatures> pair{};

  [[nodiscard]] std::size_t blocks() const { return std::size_t(columns) * std::size_t(rows); }
  [[nodiscard]] std::span<const float> of(BlockFeature feature) const {
    return std::span(values).subspan(std::size_t(feature) * blocks(), blocks());
  }
  // What fails to both sides.
  [[nodiscard]] float mutual(std::size_t block) const {
    return std::min(of(BlockFeature::leaving)[block], of(BlockFeature::arriving)[block]);
  }
};

// One step of a clip, as FrameAnalyser keeps it.
struct StepView {
  const Look* look;           // the frame that it leads to
  const motion::Flow* forth;  // to that frame
  const motion::Flow* back;   // from it to the one before
  const Match* match;
};

// The first of the steps leads to the first frame of the map, the others between the two; at
// least two steps.
[[nodiscard]] ChangeMap map_change(std::span<const StepView> steps,
                                   motion::FlowEstimator& estimator);

}  // namespace videogen::coherence
