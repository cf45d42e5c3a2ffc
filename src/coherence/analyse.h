// From what was measured of every frame to the report's Analysis.
#pragma once

#include "coherence/report.h"
#include "coherence/series.h"

namespace videogen::coherence {

// `report` has its source, similarities and timestamps already. Verdicts are judge()'s work.
[[nodiscard]] Analysis analyse(const Series& series, const Report& report);

}  // namespace videogen::coherence
