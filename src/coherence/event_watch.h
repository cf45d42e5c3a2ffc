// Which events are certain enough to be told while a clip is still being read.
//
// The detectors run over the last seconds of the series again and again. What they find is told
// once the clip has gone on for long enough after it (settles_s), with nothing of that kind told
// at this place before. At the end the events of the whole series decide: close() says what
// differs. Drift is a statement about the whole clip, and is left to the end.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "coherence/fitted.h"
#include "coherence/report.h"
#include "coherence/series.h"

namespace videogen::coherence {

// Seconds of clip after an event that its detector needs at least; kSettlingFrames are needed,
// too. nullopt: only the whole clip can tell.
[[nodiscard]] std::optional<double> settles_s(std::string_view kind);
inline constexpr std::size_t kSettlingFrames =
    9;  // bridges reach over 4, what is usual over 4 more

struct ToldEvent {
  enum class State { found, revised, retracted };
  std::int64_t id = 0;  // from 0; a revised or retracted one keeps its own
  State state = State::found;
  Event event;  // retracted: as it was told
};

class EventWatch {
 public:
  // `fitted` must outlive it.
  explicit EventWatch(const Fitted& fitted = shipped()) : fitted_(&fitted) {}

  // What is new and settled in the last seconds of the series, by start.
  [[nodiscard]] std::vector<ToldEvent> look_at(const SeriesWindow& window);

  // What the events of the whole series change: told ones that are not among them (retracted),
  // that have other frames there or evidence that differs by over 0.005 (revised), and events that
  // were not told (found).
  [[nodiscard]] std::vector<ToldEvent> close(const std::vector<Event>& events);

 private:
  const Fitted* fitted_;
  std::vector<ToldEvent> told_;
};

}  // namespace videogen::coherence
