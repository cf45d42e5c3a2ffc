// How busy the service is.
#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "serve/page_internal.h"

namespace videogen::serve {
namespace {

// The value of a metric without labels in the text format of Prometheus.
std::optional<double> metric(std::string_view metrics, std::string_view name) {
  while (!metrics.empty()) {
    const auto end = std::min(metrics.find('\n'), metrics.size());
    const std::string_view line = metrics.substr(0, end);
    metrics.remove_prefix(std::min(end + 1, metrics.size()));
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ' ') continue;
    double value = 0;
    const auto [stopped, error] =
        std::from_chars(line.data() + name.size() + 1, line.data() + line.size(), value);
    if (error == std::errc()) return value;
  }
  return std::nullopt;
}

std::string bar(double share) {
  return fmt::format(
      "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
      "<rect class=\"bed\" width=\"100\" height=\"8\"/><rect class=\"fill\" width=\"{:.1f}\" "
      "height=\"8\"/></svg>",
      100 * std::clamp(share, 0.0, 1.0));
}

std::string gauge(std::string_view name, std::string_view value, std::string_view unit,
                  const std::string& drawing) {
  return fmt::format("<div><dt>{}</dt><dd>{} <span class=\"unit\">{}</span>{}</dd></div>", name,
                     value, unit, drawing);
}

}  // namespace

std::string gauges_section(const Load& load, std::string_view metrics) {
  std::string gauges;
  if (load.draining)
    gauges +=
        "<p class=\"notice\" role=\"status\">The service is about to end and takes no more jobs; "
        "those that wait are taken up when it starts again.</p>";
  gauges += "<dl class=\"gauges\">";
  gauges += gauge("Running", fmt::format("{}", load.running), fmt::format("of {}", load.workers),
                  bar(static_cast<double>(load.running) / std::max(load.workers, 1)));
  gauges += gauge("Waiting", fmt::format("{}", load.queued), "for a worker", "");
  // Of the memory pool, where the service has one.
  const auto used = metric(metrics, "videogen_pool_leased_bytes");
  const auto capacity = metric(metrics, "videogen_pool_capacity_bytes");
  if (used && capacity && *capacity > 0)
    gauges += gauge("Memory pool", bytes_text(*used), fmt::format("of {}", bytes_text(*capacity)),
                    bar(*used / *capacity));
  gauges +=
      gauge("A check takes", load.seconds_per_job > 0 ? duration_text(load.seconds_per_job) : "–",
            load.seconds_per_job > 0 ? "of late" : "not known yet", "");
  gauges += gauge("Files kept", bytes_text(static_cast<double>(load.bytes_kept)), "on disk", "");
  gauges += "</dl>";
  return fmt::format(
      "<section class=\"load\" aria-label=\"Load\"><div id=\"gauges\" data-live>{}</div>"
      "</section>\n",
      gauges);
}

}  // namespace videogen::serve
