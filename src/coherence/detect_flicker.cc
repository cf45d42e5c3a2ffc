// Flicker: brightness or colour jumps and returns, or pumps, over the whole picture.
//
// A true change of gain is the same everywhere, so each step's shift is the median over blocks
// of how brightness (or a colour difference) changes along motion, shrunk where the blocks
// disagree; summed up over time it is the clip's exposure. Evidence: excursions of it from both
// sides, for a few frames (impulses), and swings around its running mean (pumping), over the
// unrest of the rest of the clip. Fooled by: fire, water with sun on it, auto-exposure.
#include <algorithm>
#include <cmath>

#include "coherence/detectors.h"
#include "coherence/neighbourhood.h"

namespace videogen::coherence {
namespace {

struct Track {
  const char* name;
  std::vector<float> level;  // summed shifts; a step of 0.01 is about 1 % of brightness
  std::vector<float> shift;
};

// The part of a shift on which the blocks agree.
float agreed(float shift, float scatter) {
  const float left = std::fabs(shift) - 0.5F * scatter;
  return left > 0 ? std::copysign(left, shift) : 0.0F;
}

Track track_of(const Series& series, const char* name, float (*shift)(const Match&),
               float (*scatter)(const Match&)) {
  Track track{name, std::vector<float>(series.size(), 0), std::vector<float>(series.size(), 0)};
  for (std::size_t i = 1; i < series.size(); ++i) {
    const Match& step = series.steps[i];
    track.shift[i] = agreed(shift(step), scatter(step));
    track.level[i] = track.level[i - 1] + track.shift[i];
  }
  return track;
}

// Median of the level over the `count` frames before `end`.
float level_before(const Track& track, std::size_t end, std::size_t count) {
  const std::size_t begin = end > count ? end - count : 0;
  return median_of(
      {track.level.begin() + std::ptrdiff_t(begin), track.level.begin() + std::ptrdiff_t(end)});
}

float level_after(const Track& track, std::size_t begin, std::size_t count) {
  const std::size_t end = std::min(track.level.size(), begin + count);
  return median_of(
      {track.level.begin() + std::ptrdiff_t(begin), track.level.begin() + std::ptrdiff_t(end)});
}

// How much shifts vary around [first, last].
float unrest(const Track& track, std::size_t first, std::size_t last, std::size_t reach) {
  return median_of(values_around(
      std::ptrdiff_t(first) - std::ptrdiff_t(reach), std::ptrdiff_t(last + reach) + 1, 1,
      std::ptrdiff_t(track.shift.size()), std::ptrdiff_t(first), std::ptrdiff_t(last) + 1,
      [&](std::size_t i) { return std::fabs(track.shift[i]); }));
}

void find_impulses(const Series& series, const Track& track, Findings& findings) {
  const std::size_t side = series.span(0.2, 2);
  const std::size_t longest = series.span(0.13, 1);
  for (std::size_t t = 1; t + 1 < series.size(); ++t) {
    for (std::size_t k = 1; k <= longest && t + k < series.size(); ++k) {
      const float before = level_before(track, t, side);
      const float after = level_after(track, t + k, side);
      float least = 1e9F;
      const float sign = track.level[t] > before ? 1.0F : -1.0F;
      for (std::size_t i = t; i < t + k; ++i) {
        least =
            std::min({least, sign * (track.level[i] - before), sign * (track.level[i] - after)});
      }
      if (least <= 0.01F) continue;
      const float ratio =
          least / (0.010F + std::fabs(before - after) + 2 * unrest(track, t, t + k - 1, side * 2));
      findings.push_back(
          {t, t + k - 1, std::log(double(ratio)), {{track.name, sign * least}, {"impulse", 1}}});
    }
  }
}

void find_pumping(const Series& series, const Track& track, Findings& findings) {
  const std::size_t half = series.span(0.3, 2);
  const std::size_t window = series.span(0.8, 6);
  constexpr int kFewestTurns = 3;  // lightning goes up and down, and is over
  const std::size_t n = series.size();
  if (n < window) return;
  std::vector<float> swing(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t begin = i > half ? i - half : 0;
    const std::size_t end = std::min(n, i + half + 1);
    swing[i] = track.level[i] - mean_of(std::span(track.level).subspan(begin, end - begin));
  }
  for (std::size_t t = 0; t + window <= n; t += std::max<std::size_t>(1, window / 8)) {
    const std::vector<float> part(swing.begin() + std::ptrdiff_t(t),
                                  swing.begin() + std::ptrdiff_t(t + window));
    std::vector<float> sizes(part.size());
    std::ranges::transform(part, sizes.begin(), [](float x) { return std::fabs(x); });
    const float size = percentile_of(sizes, 0.5);
    int turns = 0;
    float sign = 0;
    for (const float x : part) {
      if (std::fabs(x) < 0.4F * size) continue;
      if (sign != 0 && std::signbit(x) != std::signbit(sign)) ++turns;
      sign = x;
    }
    if (turns < kFewestTurns || size <= 0) continue;
    const float ratio = size / 0.012F * std::min(1.0F, float(turns) / 5);
    findings.push_back(
        {t, t + window - 1, std::log(double(ratio)), {{track.name, size}, {"turns", turns}}});
  }
}

}  // namespace

Findings detect_flicker(const Series& series) {
  Findings findings;
  if (series.size() < 4) return findings;
  const Track tracks[] = {track_of(
                              series, "brightness", [](const Match& m) { return m.luma_shift; },
                              [](const Match& m) { return m.luma_scatter; }),
                          // A colour difference of 64 is as far from grey as most surfaces are.
                          track_of(
                              series, "blue", [](const Match& m) { return m.cb_shift / 64; },
                              [](const Match& m) { return m.chroma_scatter / 64; }),
                          track_of(
                              series, "red", [](const Match& m) { return m.cr_shift / 64; },
                              [](const Match& m) { return m.chroma_scatter / 64; })};
  for (const Track& track : tracks) {
    find_impulses(series, track, findings);
    find_pumping(series, track, findings);
  }
  return without_overlaps(std::move(findings), series.span(0.1));
}

}  // namespace videogen::coherence
