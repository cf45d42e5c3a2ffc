// From what was seen of a clip to the report's Analysis.
#pragma once

#include "coherence/fitted.h"
#include "coherence/measures/list.h"
#include "coherence/report.h"

namespace videogen::coherence {

// Verdicts are judge()'s work; similarities are in the report already.
[[nodiscard]] Analysis analyse(const Observed& seen, const Fitted& fitted = shipped());

}  // namespace videogen::coherence
