#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "coherence/html_text_internal.h"
#include "coherence/number_text.h"
#include "coherence/plot_internal.h"

namespace videogen::coherence {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Of each stretch of time the least and the most, in their order, so that no spike is lost.
void thin_out(std::vector<double>& times, std::vector<double>& values) {
  if (values.size() <= kMostPoints) return;
  std::vector<double> kept_times, kept_values;
  const std::size_t stretches = kMostPoints / 2;
  for (std::size_t i = 0; i < stretches; ++i) {
    const std::size_t begin = i * values.size() / stretches;
    const std::size_t end = (i + 1) * values.size() / stretches;
    std::size_t least = begin, most = begin;
    for (std::size_t j = begin; j < end; ++j) {
      // Comparisons with a gap are false: the first finite value takes its place.
      if (values[j] < values[least] || std::isnan(values[least])) least = j;
      if (values[j] > values[most] || std::isnan(values[most])) most = j;
    }
    for (const std::size_t j : {std::min(least, most), std::max(least, most)}) {
      kept_times.push_back(times[j]);
      kept_values.push_back(values[j]);
    }
  }
  times = std::move(kept_times);
  values = std::move(kept_values);
}

// Sets least, most, low and high; false where no value is finite.
bool measure_range(Plot& plot) {
  plot.least = std::numeric_limits<double>::infinity();
  plot.most = -plot.least;
  for (double& value : plot.values) {
    if (!std::isfinite(value)) {
      value = kNone;
      continue;
    }
    plot.least = std::min(plot.least, value);
    plot.most = std::max(plot.most, value);
  }
  if (plot.least > plot.most) return false;
  double low = plot.least, high = plot.most;
  if (plot.limit) {
    low = std::min(low, *plot.limit);
    high = std::max(high, *plot.limit);
  }
  // Zero belongs to a scale that nearly reaches it.
  if (low > 0 && low < high / 2) low = 0;
  const double margin = high > low ? (high - low) * 0.08 : std::max(std::abs(high), 1.0) * 0.08;
  plot.low = low == 0 ? 0 : low - margin;
  plot.high = high + margin;
  return true;
}

std::optional<Plot> similarity_plot(const Report& report) {
  Plot plot;
  plot.title = "similarity";
  plot.unit = "of neighbouring samples, cosine";
  plot.limit = report.threshold;
  for (std::size_t i = 0; i < report.similarities.size(); ++i) {
    const std::optional<double> similarity = report.similarities[i];
    plot.times_s.push_back(report.timestamps_s[i + 1]);
    plot.values.push_back(similarity.value_or(kNone));
    if (similarity && similarity == report.min_coherence) plot.worst_s = plot.times_s.back();
  }
  if (!measure_range(plot)) return std::nullopt;
  thin_out(plot.times_s, plot.values);
  return plot;
}

double percent(double time_s, double end) {
  return std::clamp(100 * time_s / std::max(end, 1e-9), 0.0, 100.0);
}

std::string line_path(const Plot& plot, double end) {
  std::string path;
  bool pen_up = true;
  for (std::size_t i = 0; i < plot.values.size(); ++i) {
    if (std::isnan(plot.values[i])) {
      pen_up = true;
      continue;
    }
    const double y = 100 * (plot.high - plot.values[i]) / (plot.high - plot.low);
    path +=
        fmt::format("{}{:.2f} {:.2f}", pen_up ? "M" : "L", 10 * percent(plot.times_s[i], end), y);
    pen_up = false;
  }
  return path;
}

std::string bands(const Report& report, double end) {
  if (!report.analysis) return "";
  std::string svg;
  for (const Event& event : report.analysis->events) {
    const bool defect = kind_is_defect(event.kind);
    const double from = percent(event.start_s, end), to = percent(event.end_s, end);
    svg += fmt::format(R"(<rect class="{}" x="{:.3f}%" width="{:.3f}%" height="100%"/>)",
                       defect ? "band" : "band quiet", from, to - from);
    if (defect)
      svg +=
          fmt::format(R"(<line class="edge" x1="{0:.3f}%" x2="{0:.3f}%" y1="0" y2="100%"/>)", from);
  }
  // Where shots begin; the first one's start is no news.
  for (std::size_t i = 1; i < report.analysis->shots.size(); ++i)
    svg += fmt::format(R"(<line class="shot" x1="{0:.3f}%" x2="{0:.3f}%" y1="0" y2="100%"/>)",
                       percent(report.analysis->shots[i].start_s, end));
  return svg;
}

std::string description(const Plot& plot) {
  std::string text = fmt::format("{} over time, from {} to {}", plot.title, brief_text(plot.least),
                                 brief_text(plot.most));
  if (plot.worst_s) text += fmt::format("; lowest at {} s", seconds_text(*plot.worst_s));
  if (plot.limit) text += fmt::format("; threshold {}", shortest_text(*plot.limit));
  return text;
}

std::string clock_text(double seconds, double step) {
  if (step < 60) return seconds_text(seconds) + " s";
  const auto whole = std::llround(seconds);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

bool kind_is_defect(std::string_view kind) {
  return std::ranges::find(kDefectKinds, kind) != kDefectKinds.end();
}

double end_of(const Report& report) {
  // The shots end with the last frame. What a container says may be more: some count from before
  // the first frame.
  const bool seen_to_the_end = report.analysis && !report.analysis->shots.empty();
  double end = seen_to_the_end ? 0 : report.source.video.duration_s.value_or(0);
  if (!report.timestamps_s.empty()) end = std::max(end, report.timestamps_s.back());
  if (report.analysis) {
    for (const Shot& shot : report.analysis->shots) end = std::max(end, shot.end_s);
    for (const Event& event : report.analysis->events) end = std::max(end, event.end_s);
    for (const Curve& curve : report.analysis->curves)
      if (!curve.times_s.empty()) end = std::max(end, curve.times_s.back());
  }
  return end;
}

std::vector<Plot> plots_of(const Report& report) {
  std::vector<Plot> plots;
  if (std::optional<Plot> similarity = similarity_plot(report))
    plots.push_back(*std::move(similarity));
  if (!report.analysis) return plots;
  for (const Curve& curve : report.analysis->curves) {
    VIDEOGEN_CHECK(curve.times_s.size() == curve.values.size(), "a time for each value");
    Plot plot;
    plot.title = curve.name;
    std::ranges::replace(plot.title, '_', ' ');
    plot.unit = curve.unit;
    plot.times_s = curve.times_s;
    plot.values = curve.values;
    if (!measure_range(plot)) continue;
    thin_out(plot.times_s, plot.values);
    plots.push_back(std::move(plot));
  }
  return plots;
}

std::string plot_svg(const Plot& plot, const Report& report) {
  constexpr std::size_t kMostDots = 60;
  const double end = end_of(report);
  const auto height = [&](double value) {
    return 100 * (plot.high - value) / (plot.high - plot.low);
  };
  std::string svg = fmt::format(R"(<svg class="trace" role="img" aria-label="{}">)",
                                html_text(description(plot)));
  svg += bands(report, end);
  if (plot.limit)
    svg += fmt::format(R"(<line class="limit" x1="0" x2="100%" y1="{0:.2f}%" y2="{0:.2f}%"/>)",
                       height(*plot.limit));
  svg += fmt::format(
      R"(<svg class="line" viewBox="0 0 1000 100" preserveAspectRatio="none"><path d="{}"/></svg>)",
      line_path(plot, end));
  if (plot.values.size() <= kMostDots) {
    for (std::size_t i = 0; i < plot.values.size(); ++i) {
      if (std::isnan(plot.values[i])) continue;
      const bool under = plot.limit && plot.values[i] < *plot.limit;
      svg += fmt::format(R"(<circle class="{}" cx="{:.3f}%" cy="{:.2f}%" r="{}"/>)",
                         under ? "dot under" : "dot", percent(plot.times_s[i], end),
                         height(plot.values[i]), under ? 4 : 2.5);
    }
  }
  return svg + "</svg>";
}

std::string lane_svg(std::span<const Event> events, const Report& report) {
  const double end = end_of(report);
  std::string label;
  std::string blocks;
  for (const Event& event : events) {
    const double from = percent(event.start_s, end), to = percent(event.end_s, end);
    blocks += fmt::format(R"(<rect x="{:.3f}%" width="{:.3f}%" height="100%"/>)", from, to - from);
    blocks += fmt::format(R"(<line x1="{0:.3f}%" x2="{0:.3f}%" y1="0" y2="100%"/>)", from);
    label += fmt::format("{}{} s", label.empty() ? "at " : ", ", seconds_text(event.start_s));
  }
  return fmt::format(R"(<svg class="lane" role="img" aria-label="{} {}">{}</svg>)",
                     html_text(events.front().kind), html_text(label), blocks);
}

std::string axis_svg(const Report& report) {
  constexpr std::array<double, 14> kSteps{0.1, 0.2, 0.5, 1,   2,   5,    10,
                                          30,  60,  120, 300, 600, 1800, 3600};
  constexpr double kMostTicks = 8;
  const double end = end_of(report);
  const auto* fitting =
      std::ranges::find_if(kSteps, [&](double s) { return end / s <= kMostTicks; });
  const double step = fitting == kSteps.end() ? std::ceil(end / kMostTicks) : *fitting;
  std::string svg = R"(<svg class="axis" aria-hidden="true">)";
  for (int i = 0; i * step <= end && step > 0; ++i) {
    const double x = percent(i * step, end);
    svg += fmt::format(R"(<line x1="{0:.3f}%" x2="{0:.3f}%" y1="0" y2="5"/>)", x);
    // The outermost would stick out.
    const std::string_view anchor = x < 3 ? "start" : x > 97 ? "end" : "middle";
    svg += fmt::format(R"(<text x="{:.3f}%" y="19" text-anchor="{}">{}</text>)", x, anchor,
                       clock_text(i * step, step));
  }
  return svg + "</svg>";
}

std::string bar_svg(double share) {
  return fmt::format(
      R"(<svg class="bar" aria-hidden="true"><rect class="bed" width="100%" height="100%"/>)"
      R"(<rect class="{}" width="{:.2f}%" height="100%"/>)"
      R"(<line x1="50%" x2="50%" y1="0" y2="100%"/></svg>)",
      share >= 0.5 ? "fill strong" : "fill", 100 * std::clamp(share, 0.0, 1.0));
}

}  // namespace videogen::coherence
