// Values that change over a clip's time, for plots.
#pragma once

#include <vector>

#include "coherence/measures/list.h"

namespace videogen::coherence {

[[nodiscard]] std::vector<Curve> curves_of(const Observed& seen);

}  // namespace videogen::coherence
