// Another program, run to its end.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"

namespace videogen::net {

struct ChildResult {
  int status = 0;      // of its exit; 128 + the signal that ended it
  std::string output;  // of its standard output
};

// argv[0] is looked for in PATH; `environment` is added to this process's. Standard input is
// empty, standard error this process's own. The program and what it started are killed after
// the timeout, and within 100 ms of a stop request.
// Errors: not_found, unreachable (cannot be run; did not end in time), limit (output),
// interrupted.
[[nodiscard]] Result<ChildResult> run_child(const std::vector<std::string>& argv,
                                            const std::vector<std::string>& environment,
                                            std::chrono::milliseconds timeout,
                                            std::size_t most_bytes, const std::stop_token& stop);

}  // namespace videogen::net
