// From a detector's own scale to evidence in 0…1.
#pragma once

#include <string_view>

namespace videogen::coherence {

// evidence = 1 / (1 + exp(−slope · (raw − centre))): 0.5, the working point, at `centre`.
struct Calibration {
  std::string_view scale;  // Detector::scale
  double centre = 0;
  double slope = 1;
};

[[nodiscard]] double evidence(const Calibration& calibration, double raw);

}  // namespace videogen::coherence
