// The program: `videogen VERB …`.
#pragma once

namespace videogen::cli {

// Parses the arguments, runs the verb and returns the exit status of INTERFACE. Throws only
// what is a bug here.
[[nodiscard]] int run_program(int argc, const char* const* argv);

}  // namespace videogen::cli
