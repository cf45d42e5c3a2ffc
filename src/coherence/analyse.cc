#include "coherence/analyse.h"

#include <utility>

#include "coherence/events.h"
#include "coherence/measures/curves.h"

namespace videogen::coherence {
namespace {

// From cut to cut; a dissolve changes shots in its middle.
std::vector<Shot> shots_between(const std::vector<Event>& events, const Series& series) {
  if (series.size() == 0) return {};
  std::vector<Shot> shots{{series.frames.front().time_s, 0}};
  for (const Event& event : events) {
    if (event.kind != "cut" && event.kind != "dissolve") continue;
    const double change_s = 0.5 * (event.start_s + event.end_s);
    shots.back().end_s = change_s;
    shots.push_back({change_s, 0});
  }
  shots.back().end_s = series.frames.back().time_s + series.interval_s();
  return shots;
}

}  // namespace

Analysis analyse(const Observed& seen, const Fitted& fitted) {
  const Series& series = seen.series;
  Analysis analysis;
  Verdicts found = find_events(series, fitted);
  analysis.defects = std::move(found.defects);
  analysis.events = std::move(found.events);
  analysis.shots = shots_between(analysis.events, series);
  analysis.measures = measure_all(seen);
  analysis.curves = curves_of(seen);
  return analysis;
}

}  // namespace videogen::coherence
