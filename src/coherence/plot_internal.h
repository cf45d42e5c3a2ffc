// Plots over a clip's time as inline SVG: all share one time axis, so that they can be stacked.
//
// Widths are in percent and strokes do not scale, so a plot fits any width without JavaScript.
// Colours come from the page's style by class.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coherence/report.h"

namespace videogen::coherence {

struct Plot {
  std::string title;  // "similarity"
  std::string unit;
  // At most kMostPoints; NaN is a gap. Of many values the extremes of each stretch are kept.
  std::vector<double> times_s, values;
  double low = 0, high = 1;       // what the lower and the upper edge stand for
  double least = 0, most = 0;     // of all values
  std::optional<double> limit;    // a dashed line
  std::optional<double> worst_s;  // where it is least, for the similarity
};
inline constexpr std::size_t kMostPoints = 1000;

// One of kDefectKinds; else it is a change of shots.
[[nodiscard]] bool kind_is_defect(std::string_view kind);

// From 0 to here all plots reach.
[[nodiscard]] double end_of(const Report& report);

// The similarity of samples first, then the curves; those without a finite value are left out.
[[nodiscard]] std::vector<Plot> plots_of(const Report& report);

// The line over events as bands and shots as marks.
[[nodiscard]] std::string plot_svg(const Plot& plot, const Report& report);
// Events of one kind as blocks in a lane.
[[nodiscard]] std::string lane_svg(std::span<const Event> events, const Report& report);
// Ticks and times.
[[nodiscard]] std::string axis_svg(const Report& report);
// A bar that fills `share` (0…1) of its width, with a mark at a half.
[[nodiscard]] std::string bar_svg(double share);

}  // namespace videogen::coherence
