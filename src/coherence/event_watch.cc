#include "coherence/event_watch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "coherence/events.h"

namespace videogen::coherence {
namespace {

// What a detector looks back on: events nearer to the beginning of the window were seen better
// when it began earlier.
constexpr double kLookBack_s = 2;
constexpr std::int64_t kSamePlace = 2;  // frames between two events that are one

bool same_place(const Event& a, const Event& b) {
  return a.kind == b.kind && a.first_frame <= b.last_frame + kSamePlace &&
         b.first_frame <= a.last_frame + kSamePlace;
}

bool says_the_same(const Event& a, const Event& b) {
  constexpr double kSameScore = 0.005;
  return a.first_frame == b.first_frame && a.last_frame == b.last_frame &&
         std::fabs(a.score - b.score) <= kSameScore;
}

bool is_settled(const Event& event, const Series& series) {
  const std::optional<double> needed_s = settles_s(event.kind);
  if (!needed_s) return false;
  const Series::Frame& last = series.frames.back();
  return last.time_s - event.end_s >= *needed_s &&
         last.frame - event.last_frame >= std::int64_t{kSettlingFrames};
}

}  // namespace

std::optional<double> settles_s(std::string_view kind) {
  using Settling = std::pair<std::string_view, double>;
  constexpr std::array kSettling{// Steps and bridges beside the place.
                                 Settling{"cut", 0}, Settling{"flash", 0}, Settling{"black", 0.2},
                                 // How things go on; or what those before may turn out to explain.
                                 Settling{"freeze", 0.6}, Settling{"flicker", 0.6},
                                 Settling{"noise", 0.6}, Settling{"jump", 0.6},
                                 Settling{"corruption", 0.6}, Settling{"morph", 0.6},
                                 Settling{"dissolve", 0.6}, Settling{"fade", 0.2}};
  const auto found = std::ranges::find(kSettling, kind, &Settling::first);
  if (found == kSettling.end()) return std::nullopt;
  return found->second;
}

std::vector<ToldEvent> EventWatch::look_at(const SeriesWindow& window) {
  std::vector<ToldEvent> fresh;
  if (window.series.size() < 2) return fresh;
  const double begin_s =
      window.first == 0 ? -1e9 : window.series.frames.front().time_s + kLookBack_s;
  for (Event& event : find_events(window.series, *fitted_).events) {
    if (event.start_s < begin_s || !is_settled(event, window.series)) continue;
    if (std::ranges::any_of(told_, [&](const ToldEvent& t) { return same_place(t.event, event); }))
      continue;
    told_.push_back(
        {static_cast<std::int64_t>(told_.size()), ToldEvent::State::found, std::move(event)});
    fresh.push_back(told_.back());
  }
  return fresh;
}

std::vector<ToldEvent> EventWatch::close(const std::vector<Event>& events) {
  std::vector<ToldEvent> changes;
  std::vector<bool> kept(told_.size(), false);
  std::vector<Event> untold;
  for (const Event& event : events) {
    std::size_t place = 0;
    while (place < told_.size() && (kept[place] || !same_place(told_[place].event, event))) ++place;
    if (place == told_.size()) {
      untold.push_back(event);
      continue;
    }
    kept[place] = true;
    if (!says_the_same(told_[place].event, event))
      changes.push_back({told_[place].id, ToldEvent::State::revised, event});
  }
  for (std::size_t i = 0; i < told_.size(); ++i)
    if (!kept[i]) changes.push_back({told_[i].id, ToldEvent::State::retracted, told_[i].event});
  auto id = static_cast<std::int64_t>(told_.size());
  for (Event& event : untold) changes.push_back({id++, ToldEvent::State::found, std::move(event)});
  told_.clear();
  return changes;
}

}  // namespace videogen::coherence
