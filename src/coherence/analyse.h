// From what was measured of every frame to the report's Analysis.
#pragma once

#include "coherence/report.h"
#include "coherence/series.h"

namespace videogen::coherence {

// Verdicts are judge()'s work; similarities are in the report already.
[[nodiscard]] Analysis analyse(const Series& series);

}  // namespace videogen::coherence
