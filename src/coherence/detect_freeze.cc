// A freeze: frames repeat while the scene moves, and then it goes on.
//
// Evidence: how much the busiest blocks change before and after, over the most that they change
// inside. Single repeats are cadence, and so are runs of one length that come again and again
// (animation on twos, 3:2 pulldown). Fooled by: held drawings, slides, screen recordings.
#include <algorithm>
#include <cmath>

#include "coherence/detectors.h"
#include "coherence/neighbourhood.h"

namespace videogen::coherence {
namespace {

struct Run {
  std::size_t first, last;  // steps that hardly change anything
  float inside;
};

// Stretches of steps under a share of what is usual within a second around them.
std::vector<Run> quiet_runs(const Series& series, float share) {
  std::vector<Run> runs;
  const std::size_t reach = series.span(0.6, 4);
  const auto busy = [&](std::size_t i) { return series.steps[i].busy_difference; };
  for (std::size_t t = 1; t < series.size(); ++t) {
    std::size_t end = t;
    float inside = 0;
    while (end < series.size()) {
      const auto around =
          values_around(std::ptrdiff_t(t) - std::ptrdiff_t(reach), std::ptrdiff_t(t + reach), 1,
                        std::ptrdiff_t(series.size()), -1, -2, busy);
      if (busy(end) > share * percentile_of(around, 0.75)) break;
      inside = std::max(inside, busy(end));
      ++end;
    }
    if (end == t) continue;
    runs.push_back({t, end - 1, inside});
    t = end - 1;
  }
  return runs;
}

// Other runs within 1.5 s whose length differs by at most one.
int alike(const std::vector<Run>& runs, std::size_t which, std::size_t reach) {
  const auto length = [](const Run& run) { return std::ptrdiff_t(run.last - run.first); };
  int count = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const bool near =
        runs[i].first <= runs[which].last + reach && runs[which].first <= runs[i].last + reach;
    if (i != which && near && std::abs(length(runs[i]) - length(runs[which])) <= 1) ++count;
  }
  return count;
}

void find(const Series& series, const std::vector<Run>& runs, Findings& findings) {
  constexpr float kCodecNoise = 0.35F;  // levels that an encoder adds to a repeated frame
  const auto busy = [&](std::size_t i) { return series.steps[i].busy_difference; };
  const std::size_t side = series.span(0.3, 3);
  const double interval = series.interval_s();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Run& run = runs[i];
    const auto first = std::ptrdiff_t(run.first);
    const auto last = std::ptrdiff_t(run.last);
    const auto size = std::ptrdiff_t(series.size());
    const auto before = values_around(first - std::ptrdiff_t(side), first, 1, size, -1, -2, busy);
    // The first step after the run leaps over what was missed.
    const auto after =
        values_around(last + 2, last + 2 + std::ptrdiff_t(side), 1, size, -1, -2, busy);
    if (before.empty() || after.empty()) continue;
    const float moving = std::min(median_of(before), median_of(after));
    const double seconds = double(run.last - run.first + 1) * interval;
    double raw = std::log(double((moving + kCodecNoise) / (run.inside + kCodecNoise)));
    raw *= std::min(1.0, seconds / 0.12);
    if (run.first == run.last || alike(runs, i, series.span(1.5)) >= 2) raw *= 0.3;
    findings.push_back({run.first,
                        run.last,
                        raw,
                        {{"moving", moving}, {"inside", run.inside}, {"seconds", seconds}}});
  }
}

}  // namespace

Findings detect_freeze(const Series& series) {
  // Where something quick has just passed, a third of what is usual is still much: stricter
  // shares find the standstill in what follows.
  Findings findings;
  for (const float share : {0.35F, 0.12F, 0.04F}) find(series, quiet_runs(series, share), findings);
  return without_overlaps(std::move(findings), 0);
}

}  // namespace videogen::coherence
