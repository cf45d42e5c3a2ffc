#include <clocale>
#include <csignal>
#include <cstdio>
#include <exception>

#include "base/error.h"
#include "cli/console.h"
#include "cli/program.h"

namespace {

void prepare_process() {
  videogen::cli::occupy_standard_descriptors();
  // Closed pipes and full quotas are errors of a write, not deaths of the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  // Characters only: numbers are read and written the same everywhere.
  std::setlocale(LC_CTYPE, "");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    prepare_process();
    return videogen::cli::run_program(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "videogen: internal error: %s\n",
                 videogen::printable(error.what(), 1000).c_str());
  } catch (...) {
    std::fputs("videogen: internal error\n", stderr);
  }
  return videogen::exit_status(videogen::ErrorCode::internal);
}
