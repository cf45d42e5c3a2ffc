// `validate --stream`: a line for each thing as it becomes known.
#pragma once

#include <chrono>
#include <string>

#include "base/error.h"
#include "cli/verb_internal.h"
#include "coherence/stream.h"
#include "embed/choose.h"

namespace videogen::cli {

struct StreamRequest {
  std::string input;  // as it was typed
  std::chrono::milliseconds idle{};
  coherence::Until until = coherence::Until::end;
};

// Lines on standard output (docs/stream.schema.json), the last one the report or the error.
// Returns the exit status. Errors: usage; unwritable.
[[nodiscard]] Result<int> run_stream(const StreamRequest& request, const embed::Chosen& embedder,
                                     const coherence::Options& options, Context& context);

}  // namespace videogen::cli
