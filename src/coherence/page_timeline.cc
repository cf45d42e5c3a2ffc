// Every number over time, stacked on one axis.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "coherence/html_text_internal.h"
#include "coherence/number_text.h"
#include "coherence/page_internal.h"
#include "coherence/plot_internal.h"

namespace videogen::coherence {
namespace {

std::string lanes(const Report& report) {
  if (!report.analysis) return "";
  std::vector<std::string> kinds(kDefectKinds.begin(), kDefectKinds.end());
  kinds.insert(kinds.end(), {"dissolve", "fade"});
  std::string html;
  for (const std::string& kind : kinds) {
    std::vector<Event> events;
    std::ranges::copy_if(report.analysis->events, std::back_inserter(events),
                         [&](const Event& event) { return event.kind == kind; });
    if (events.empty()) continue;
    html += fmt::format(
        "<div class=\"row{}\"><div class=\"label\"><b>{}</b></div>"
        "<div class=\"field\">{}</div></div>\n",
        kind_is_defect(kind) ? "" : " quiet", kind, lane_svg(events, report));
  }
  return html;
}

std::string row(const Plot& plot, std::size_t number, const Report& report) {
  return fmt::format(
      "<figure class=\"row plot\" data-plot=\"{}\"><figcaption class=\"label\"><b>{}</b>"
      "<span class=\"now\" aria-hidden=\"true\"></span><small>{}</small>"
      "<small class=\"range\">{} … {}</small></figcaption><div class=\"field\">{}</div></figure>\n",
      number, html_text(plot.title), html_text(plot.unit), brief_text(plot.least),
      brief_text(plot.most), plot_svg(plot, report));
}

}  // namespace

std::string timeline_section(const Page& page) {
  const std::vector<Plot> plots = plots_of(page.report);
  if (plots.empty()) return "";
  std::string rows = lanes(page.report);
  for (std::size_t i = 0; i < plots.size(); ++i) rows += row(plots[i], i, page.report);
  const bool events = page.report.analysis && !page.report.analysis->events.empty();
  const bool shots = page.report.analysis && page.report.analysis->shots.size() > 1;
  std::string legend;
  if (events) legend += " Bands are events.";
  if (shots) legend += " Dotted lines are where shots begin.";
  return fmt::format(
      "<section id=\"timeline\" aria-labelledby=\"timeline-title\">\n"
      "<h2 id=\"timeline-title\">Timeline</h2>\n"
      "<p class=\"small\">{}<span class=\"with-script\" hidden> Point at a plot to read it, click "
      "to go there.</span></p>\n<div class=\"rows\">\n{}"
      "<div class=\"row\"><div class=\"label\"><label class=\"with-script\" for=\"scrub\" hidden>"
      "time <span id=\"clock\"></span></label></div><div class=\"field\">{}<input id=\"scrub\" "
      "class=\"with-script\" type=\"range\" min=\"0\" max=\"{}\" step=\"any\" value=\"0\" hidden>"
      "</div></div>\n</div>\n</section>\n",
      "One time axis for all; each plot has its own scale." + legend, rows, axis_svg(page.report),
      shortest_text(end_of(page.report)));
}

}  // namespace videogen::coherence
