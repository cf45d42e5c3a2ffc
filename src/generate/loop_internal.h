// What run() and resume() share.
#pragma once

#include "base/error.h"
#include "generate/generation.h"

namespace videogen::generate {

// The error of a run that has no clip because this attempt gave none.
[[nodiscard]] Error end_of(const Attempt& attempt);

}  // namespace videogen::generate
