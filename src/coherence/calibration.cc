#include "coherence/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"

namespace videogen::coherence {

const Calibration& calibration_of(std::string_view kind) {
  static constexpr std::array kFitted{
      Calibration{"cut", 0.7, 3},     Calibration{"flash", 0.5, 3},
      Calibration{"flicker", 0.6, 3}, Calibration{"freeze", 1.3, 3},
      Calibration{"jump", 1.35, 3},   Calibration{"corruption", 0.6, 3},
      Calibration{"noise", 1.5, 3},   Calibration{"morph", 6, 1},
      Calibration{"drift", 1.2, 3},   Calibration{"black", 0.7, 4},
  };
  const auto found = std::ranges::find(kFitted, kind, &Calibration::kind);
  VIDEOGEN_CHECK(found != kFitted.end(), "every detector is calibrated");
  return *found;
}

double evidence(const Calibration& calibration, double raw) {
  return 1 / (1 + std::exp(-calibration.slope * (raw - calibration.centre)));
}

}  // namespace videogen::coherence
