// Judges a clip with the installed library; prints the mean similarity.
#include <cstdio>

#include <videogen/coherence/validate.h>
#include <videogen/embed/choose.h>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto chosen = videogen::embed::choose({.kind = videogen::embed::Kind::gist});
  if (!chosen) return 70;
  const auto report = videogen::coherence::validate({.path = argv[1], .uri = argv[1]}, *chosen, {});
  if (!report) {
    std::fprintf(stderr, "%s\n", report.error().message.c_str());
    return videogen::exit_status(report.error().code);
  }
  std::printf("%.6f\n", report->overall_coherence.value_or(-1));
  return 0;
}
