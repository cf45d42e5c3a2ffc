// The detectors: each reads the series of a clip and says where its kind of defect may be and
// how strong the evidence is, on a scale of its own. calibration.h maps it to 0…1.
//
// Each lives in detect_KIND.cc, whose head says what carries the evidence and what fools it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coherence/series.h"

namespace videogen::coherence {

struct Finding {
  std::size_t first = 0, last = 0;  // places in the series; a cut or a jump: both the first
                                    // frame after it
  double raw = 0;                   // natural logarithm of a ratio of damage to what is usual
  std::vector<std::pair<std::string, double>> detail;  // the numbers behind it
};
using Findings = std::vector<Finding>;  // in order of time, not overlapping

[[nodiscard]] Findings detect_cut(const Series& series);
[[nodiscard]] Findings detect_flash(const Series& series);
[[nodiscard]] Findings detect_flicker(const Series& series);
[[nodiscard]] Findings detect_freeze(const Series& series);
[[nodiscard]] Findings detect_jump(const Series& series);
[[nodiscard]] Findings detect_corruption(const Series& series);
[[nodiscard]] Findings detect_noise(const Series& series);
[[nodiscard]] Findings detect_morph(const Series& series);
[[nodiscard]] Findings detect_widespread_morph(const Series& series);
[[nodiscard]] Findings detect_drift(const Series& series);
[[nodiscard]] Findings detect_black(const Series& series);

struct Detector {
  std::string_view kind;  // of kDefectKinds
  Findings (*detect)(const Series&);
  std::string_view scale;  // of its findings; names its working point in what was fitted
};
// All of them, in the order of kDefectKinds; some kinds have two.
[[nodiscard]] std::span<const Detector> all_detectors();

// Of findings that overlap or touch within `gap` frames, the strongest.
[[nodiscard]] Findings without_overlaps(Findings findings, std::size_t gap);

}  // namespace videogen::coherence
