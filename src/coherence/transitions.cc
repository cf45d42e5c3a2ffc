#include "coherence/transitions.h"

#include <algorithm>
#include <cmath>

namespace videogen::coherence {
namespace {

// Where the middle of the two frames is a mixture of pictures that are not each other moved or
// lit anew.
bool is_mixed(const Change& change) {
  constexpr float kMixture = 0.55F;
  constexpr float kUnexplained = 3;  // levels, median over the blocks
  constexpr float kApart = 6;        // levels
  return change.mixture > kMixture && change.usual > std::log(1 + kUnexplained) &&
         change.apart > std::log(1 + kApart);
}

void find_dissolves(const Series& series, std::vector<Transition>& found) {
  constexpr std::size_t kFewest = 3;  // pairs in a row: a third of a second
  const std::vector<Change>& changes = series.changes;
  for (std::size_t begin = 0; begin < changes.size(); ++begin) {
    std::size_t end = begin;
    double mixture = 0;
    while (end < changes.size() && is_mixed(changes[end]))
      mixture += double(changes[end++].mixture);
    if (end - begin >= kFewest) {
      mixture /= double(end - begin);
      found.push_back({"dissolve",
                       changes[begin].first,
                       changes[end - 1].last,
                       std::min(1.0, mixture),
                       {{"mixture", mixture}}});
    }
    begin = std::max(begin, end);
  }
}

float contrast(const Series::Frame& frame) { return frame.facts.luma_p90 - frame.facts.luma_p10; }

bool is_even(const Series::Frame& frame) {
  constexpr float kContrast = 6;
  return contrast(frame) < kContrast && (frame.facts.luma < 40 || frame.facts.luma > 225);
}

// From an even frame on, in the direction of `step`, as long as contrast rises.
void find_fade(const Series& series, std::size_t even, std::ptrdiff_t step,
               std::vector<Transition>& found) {
  constexpr float kFull = 30;  // contrast of what fades
  constexpr double kLeast_s = 0.2;
  const auto size = std::ptrdiff_t(series.size());
  auto at = std::ptrdiff_t(even);
  float reached = contrast(series.frames[even]);
  while (at + step >= 0 && at + step < size) {
    const float next = contrast(series.frames[std::size_t(at + step)]);
    if (next < reached + 0.3F) break;
    reached = next;
    at += step;
  }
  const std::size_t first = std::min(even, std::size_t(at));
  const std::size_t last = std::max(even, std::size_t(at));
  if (reached < kFull || series.frames[last].time_s - series.frames[first].time_s < kLeast_s)
    return;
  found.push_back({"fade", first, last, 1, {{step > 0 ? "in" : "out", reached}}});
}

void find_fades(const Series& series, std::vector<Transition>& found) {
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (!is_even(series.frames[i])) continue;
    const bool before = i > 0 && !is_even(series.frames[i - 1]);
    const bool after = i + 1 < series.size() && !is_even(series.frames[i + 1]);
    if (before) find_fade(series, i, -1, found);
    if (after) find_fade(series, i, 1, found);
  }
}

}  // namespace

std::vector<Transition> find_transitions(const Series& series) {
  std::vector<Transition> found;
  find_dissolves(series, found);
  std::vector<Transition> fades;
  find_fades(series, fades);
  // What comes out of the dark is mixed with it.
  std::erase_if(found, [&](const Transition& dissolve) {
    return std::ranges::any_of(fades, [&](const Transition& fade) {
      return dissolve.first <= fade.last && fade.first <= dissolve.last;
    });
  });
  found.insert(found.end(), fades.begin(), fades.end());
  std::ranges::stable_sort(found, {}, &Transition::first);
  return found;
}

}  // namespace videogen::coherence
