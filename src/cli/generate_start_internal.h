// Where a generation begins: everything is decided, nothing has been sent.
#pragma once

#include "base/error.h"
#include "cli/embedder_flags_internal.h"
#include "cli/generate_plan.h"
#include "cli/verb_internal.h"

namespace videogen::cli {

// Runs the plan, prints the result and returns the exit status of INTERFACE. Errors: what went
// wrong before anything was ordered.
[[nodiscard]] Result<int> start_generation(const GeneratePlan& plan, const EmbedderFlags& embedder,
                                           Context& context);

}  // namespace videogen::cli
