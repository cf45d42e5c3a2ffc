#include "coherence/report_html.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "coherence/html_text_internal.h"
#include "coherence/page_files_internal.h"
#include "coherence/page_internal.h"
#include "coherence/plot_internal.h"
#include "coherence/report_json.h"

namespace videogen::coherence {
namespace {

using Json = nlohmann::ordered_json;

// In web/report.html; also what tells a page of ours from any other file.
constexpr std::string_view kMark = "<meta name=\"generator\" content=\"videogen report\">";

// Enough digits for a plot, and no more bytes than that.
Json rounded(double value, double scale) {
  if (std::isnan(value)) return nullptr;
  const double step = std::pow(10, std::floor(std::log10(std::max(scale, 1e-12))) - 4);
  return std::round(value / step) * step;
}

// What the page's script draws and reads out.
std::string data(const Page& page) {
  Json plots = Json::array();
  for (const Plot& plot : plots_of(page.report)) {
    Json times = Json::array(), values = Json::array();
    for (const double time : plot.times_s) times.push_back(rounded(time, 10));
    for (const double value : plot.values)
      values.push_back(rounded(value, std::max(plot.most - plot.least, std::abs(plot.most) / 100)));
    plots.push_back({{"low", plot.low}, {"high", plot.high}, {"t", times}, {"v", values}});
  }
  return Json{{"end", end_of(page.report)}, {"plots", std::move(plots)}}.dump();
}

// Nothing comes from elsewhere; the clip may lie beside the page, as a file or on its server.
std::string policy() {
  return fmt::format(
      "default-src 'none'; script-src '{}' '{}'; style-src '{}'; img-src 'self' file: data:; "
      "media-src 'self' file: data:; base-uri 'none'; form-action 'none'",
      policy_hash(kChartJs), policy_hash(kReportJs), policy_hash(kReportCss));
}

}  // namespace

std::string to_html(const Report& report, const Pictures& pictures, const HtmlOptions& options) {
  const Page page{report, pictures, options};
  struct Section {
    std::string_view id, title;  // in the page's own menu; empty: not in it
    std::string html;
  };
  const std::array<Section, 10> sections{{
      {"", "", verdict_section(page)},
      {"", "", player_section(page)},
      {"timeline", "Timeline", timeline_section(page)},
      {"findings", "Found", findings_section(page)},
      {"samples", "Samples", film_section(page)},
      {"evidence", "Evidence", evidence_section(page)},
      {"measures", "Measures", measures_section(page)},
      {"opinion", "Judge", opinion_section(page)},
      {"notes", "Notes", notes_section(page)},
      {"origin", "How", origin_section(page)},
  }};
  std::string menu, body;
  for (const auto& [id, title, html] : sections) {
    if (!id.empty() && !html.empty()) menu += fmt::format("<a href=\"#{}\">{}</a> ", id, title);
    body += html;
  }
  const std::string title =
      html_text(fmt::format("{}: {}", name(report.verdict), report.source.uri));
  return filled(kReportHtml, {{"policy", policy()},
                              {"title", title},
                              {"css", std::string(kReportCss)},
                              {"verdict", std::string(name(report.verdict))},
                              {"menu", menu},
                              {"sections", body},
                              {"data", script_text(data(page))},
                              {"chart_js", std::string(kChartJs)},
                              {"js", std::string(kReportJs)}});
}

bool is_report_page(std::string_view beginning) {
  return beginning.find(kMark) != std::string_view::npos;
}

}  // namespace videogen::coherence
