// The measures of a clip: one number each, computed from what was seen of every frame.
#pragma once

#include <vector>

#include "coherence/report.h"
#include "coherence/series.h"

namespace videogen::coherence {

// In the order in which reports list them; docs/report.md says what each means.
[[nodiscard]] std::vector<Measure> measure_all(const Series& series);

// A value a frame or step, for plots.
[[nodiscard]] std::vector<Curve> curves_of(const Series& series);

}  // namespace videogen::coherence
