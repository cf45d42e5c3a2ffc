// Where a clip has changed for good: frames some tenths of a second apart, each predicted from
// the other along the motion between them.
//
// What moves is found again on the other side; what uncovers or is covered fails to one side
// only. What melts, vanishes, appears or turns into something else fails at its place to both
// sides, and before and after it the same place is at peace. detect_morph weighs these facts.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <vector>

#include "coherence/look.h"
#include "coherence/match.h"
#include "motion/flow.h"

namespace videogen::coherence {

inline constexpr double kChangeReach_s = 0.4;   // between the two frames
inline constexpr double kChangeStride_s = 0.1;  // between neighbouring pairs

// One pair of frames; all vectors [rows · columns] of its BlockGrid, smoothed over 3×3 blocks.
struct ChangeMap {
  std::size_t first = 0, last = 0;  // places of the two frames in the series
  double first_s = 0, last_s = 0;
  int columns = 1, rows = 1;
  std::vector<float> leaving;   // residual of the first frame, predicted from the last
  std::vector<float> arriving;  // and the other way
  std::vector<float> texture_before, texture_after;  // mean |gradient| of luma
  std::vector<float> length;                         // of the flow, pixels
  std::vector<float> roughness;                      // mean |gradient| of the flow: what deforms
  std::vector<float> step_peak;                 // largest residual of a single step between the two
  float correlation = 1, gain = 1, motion = 0;  // as in Match, of the last frame

  // What fails to both sides.
  [[nodiscard]] float mutual(std::size_t block) const {
    return leaving[block] < arriving[block] ? leaving[block] : arriving[block];
  }
};

// Ways from the one to the other: each block counts by the way that explains it best.
struct Ways {
  std::vector<motion::Flow> forth, back;  // first → last, last → first; as many of each
};
[[nodiscard]] ChangeMap map_change(const Look& first, const Look& last, const Ways& ways);

// What speaks for a change at one place and moment, all logarithms or shares: the features of
// the classifier, see change_map.cc.
inline constexpr std::size_t kChangeFeatures = 22;
struct Change {
  std::size_t first = 0, last = 0;  // places in the series
  float column = 0, row = 0;        // of the block, 0…1
  std::array<float, kChangeFeatures> features{};
};

// Takes maps in order of time and gives the most suspicious places of each once the maps
// around it are known. Keeps the maps of some seconds.
class ChangeWatch {
 public:
  void add(ChangeMap map, std::vector<Change>& out);
  void finish(std::vector<Change>& out);

 private:
  void describe(std::size_t which, std::vector<Change>& out) const;

  std::deque<ChangeMap> maps_;
  std::size_t described_ = 0;  // of maps_, from the front
};

}  // namespace videogen::coherence
