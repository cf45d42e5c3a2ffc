#include "coherence/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"

namespace videogen::coherence {

const Calibration& calibration_of(std::string_view kind) {
  static constexpr std::array kFitted{
      Calibration{"black", 0.953, 6},  Calibration{"corruption", 0.438, 1},
      Calibration{"cut", 0.538, 6},    Calibration{"drift", 1.124, 5.5},
      Calibration{"flash", 0.538, 6},  Calibration{"flicker", 1.254, 6},
      Calibration{"freeze", 1.719, 6}, Calibration{"jump", 1.465, 1},
      Calibration{"morph", 8.51, 1},   Calibration{"noise", 0.757, 6},
  };
  const auto found = std::ranges::find(kFitted, kind, &Calibration::kind);
  VIDEOGEN_CHECK(found != kFitted.end(), "every detector is calibrated");
  return *found;
}

double evidence(const Calibration& calibration, double raw) {
  return 1 / (1 + std::exp(-calibration.slope * (raw - calibration.centre)));
}

}  // namespace videogen::coherence
