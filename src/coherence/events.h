// From findings to events: what a reader of a report gets to see.
#pragma once

#include <vector>

#include "coherence/fitted.h"
#include "coherence/report.h"
#include "coherence/series.h"

namespace videogen::coherence {

struct Verdicts {
  std::vector<Analysis::Evidence> defects;  // for each of kDefectKinds
  std::vector<Event> events;                // evidence of at least 0.5, by start
};

// Runs all detectors. One damage often moves several of them (a cut is a leap of motion, too):
// a finding that overlaps one of at least its strength which explains it counts no more.
[[nodiscard]] Verdicts find_events(const Series& series, const Fitted& fitted = shipped());

// "brightness jumps by 14 % at 2.28 s and returns": one sentence that can be checked by
// looking. `single_shot` says that a cut is a defect.
[[nodiscard]] std::string sentence(const Event& event);

}  // namespace videogen::coherence
