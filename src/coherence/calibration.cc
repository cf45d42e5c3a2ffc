#include "coherence/calibration.h"

#include <cmath>

namespace videogen::coherence {

double evidence(const Calibration& calibration, double raw) {
  return 1 / (1 + std::exp(-calibration.slope * (raw - calibration.centre)));
}

}  // namespace videogen::coherence
