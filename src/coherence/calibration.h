// From a detector's own scale to evidence in 0…1.
#pragma once

#include <string_view>

namespace videogen::coherence {

// evidence = 1 / (1 + exp(−slope · (raw − centre))): 0.5, the working point, at `centre`.
// The numbers are fitted (eval/fit.py) and lie in eval/gates.json as well, with the cases that
// they come from; a test holds the two to each other.
struct Calibration {
  std::string_view kind;  // of kDefectKinds
  double centre = 0;
  double slope = 1;
};

[[nodiscard]] const Calibration& calibration_of(std::string_view kind);
[[nodiscard]] double evidence(const Calibration& calibration, double raw);

}  // namespace videogen::coherence
