#include "coherence/opinion.h"

#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "coherence/report.h"

namespace videogen::coherence {

void take_opinion(Report& report, Opinion opinion) {
  if (opinion.passed() == false) {
    const std::string model = printable(opinion.model, 100);
    report.reasons.push_back({"judge",
                              opinion.score
                                  ? fmt::format("{} gives it {} of 10, and the judge's gate is {}",
                                                model, *opinion.score, *opinion.gate)
                                  : fmt::format("{} gives it no score, and the judge's gate is {}",
                                                model, *opinion.gate),
                              std::nullopt, std::nullopt});
    if (report.verdict == Verdict::pass) report.verdict = Verdict::fail;
  }
  report.opinion = std::move(opinion);
}

std::string to_text(const Opinion& opinion) {
  std::string text = fmt::format("{} gives ", printable(opinion.model, 100));
  text += opinion.score ? fmt::format("{} of 10", *opinion.score) : std::string("no score");
  text += fmt::format(" by {} frames", opinion.times_s.size());
  text += opinion.gate ? fmt::format(" (an opinion; its gate is {})", *opinion.gate)
                       : std::string(" (an opinion, it decides nothing)");
  return text;
}

}  // namespace videogen::coherence
