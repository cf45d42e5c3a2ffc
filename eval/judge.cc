// Judges clips with working points and weights of one's choice, as `videogen validate --json
// --embedder gist` does with those that it ships with:
//
//   videogen_judge FITTED.json [--multi-shot] CLIP…
//
// A report, or an error, on a line for each clip.
#include <iostream>
#include <string>
#include <vector>

#include "coherence/report_json.h"
#include "coherence/validate.h"

namespace {

using namespace videogen;  // NOLINT(google-build-using-namespace)

int judge(const std::string& fitted_path, bool multi_shot,
          const std::vector<coherence::Source>& sources) {
  const auto fitted = coherence::read_fitted(fitted_path);
  const auto embedder = embed::choose({.kind = embed::Kind::gist});
  if (!fitted || !embedder) {
    std::cerr << (fitted ? embedder.error() : fitted.error()).message << '\n';
    return 3;
  }
  coherence::Options options;
  options.multi_shot = multi_shot;
  options.fitted = &*fitted;
  using enum coherence::JsonLayout;
  coherence::validate_all(
      sources, *embedder, options, [&](std::size_t i, Result<coherence::Report> report) {
        std::cout << (report ? coherence::to_json(*report, one_line)
                             : coherence::to_json(report.error(), sources[i].uri, one_line))
                  << std::endl;
      });
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  bool multi_shot = false;
  if (arguments.size() > 1 && arguments[1] == "--multi-shot") {
    multi_shot = true;
    arguments.erase(arguments.begin() + 1);
  }
  if (arguments.size() < 2) {
    std::cerr << "usage: videogen_judge FITTED.json [--multi-shot] CLIP…\n";
    return 2;
  }
  std::vector<coherence::Source> sources;
  for (std::size_t i = 1; i < arguments.size(); ++i)
    sources.push_back({arguments[i], arguments[i]});
  return judge(arguments[0], multi_shot, sources);
}
