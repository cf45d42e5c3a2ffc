// Gradual changes of shots: dissolves and fades. Meant by whoever made the clip, or not: judge()
// decides.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "coherence/series.h"

namespace videogen::coherence {

struct Transition {
  std::string_view kind;            // "dissolve", "fade"
  std::size_t first = 0, last = 0;  // places in the series
  double score = 0;                 // evidence, 0.5…1
  std::vector<std::pair<std::string, double>> detail;
};

// In order of time.
//
// A dissolve: for a while, frames in the middle are mixtures of those around them, all over the
// picture, and motion and light don't explain how these differ (PairFeature::mixture). Where both
// shots move by much within a fifth of a second, it is not told from a morph.
// A fade: the picture comes out of, or goes into, an even black or white: its contrast rises or
// falls steadily by most of itself.
[[nodiscard]] std::vector<Transition> find_transitions(const Series& series);

}  // namespace videogen::coherence
