// The files of the report page, as they lie in web/; Chart.js is Debian's libjs-chart.js.
#pragma once

#include <string_view>

namespace videogen::coherence {

extern const std::string_view kReportHtml, kReportCss, kReportJs, kChartJs;

}  // namespace videogen::coherence
