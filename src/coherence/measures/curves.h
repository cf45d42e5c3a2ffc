// Values that change over a clip's time, for plots.
#pragma once

#include <string_view>
#include <vector>

#include "coherence/measures/list.h"

namespace videogen::coherence {

// The name of the curve that says how fast each frame moves.
inline constexpr std::string_view kMotionCurve = "motion";

[[nodiscard]] std::vector<Curve> curves_of(const Observed& seen);

}  // namespace videogen::coherence
