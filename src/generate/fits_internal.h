// Whether one model can do what is asked, and how.
#pragma once

#include "generate/choose.h"

namespace videogen::generate {

// Everything of the choice but model_id and why. Errors: usage, one line.
[[nodiscard]] Result<Choice> fit(const Model& model, const Wish& wish);

}  // namespace videogen::generate
