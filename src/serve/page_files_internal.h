// The files of the page, as they lie in web/.
#pragma once

#include <string_view>

namespace videogen::serve {

extern const std::string_view kDashboardHtml, kDashboardCss, kDashboardJs;

}  // namespace videogen::serve
