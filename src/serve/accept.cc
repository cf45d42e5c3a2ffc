#include <algorithm>
#include <charconv>
#include <string>

#include "net/form.h"
#include "serve/accept_internal.h"

namespace videogen::serve {

double accept_quality(std::string_view accept, std::string_view type) {
  if (accept.empty()) return 1;
  double best = 0;
  int best_precision = -1;
  while (!accept.empty()) {
    const auto comma = std::min(accept.find(','), accept.size());
    const std::string_view one = accept.substr(0, comma);
    accept.remove_prefix(std::min(comma + 1, accept.size()));
    const std::string range = net::media_type(one);
    const std::string group = std::string(type.substr(0, type.find('/'))) + "/*";
    const int precision = range == type ? 2 : range == group ? 1 : range == "*/*" ? 0 : -1;
    if (precision < 0 || precision <= best_precision) continue;
    const std::string q = net::header_parameter(one, "q").value_or("1");
    double value = 1;
    std::from_chars(q.data(), q.data() + q.size(), value);
    best = std::clamp(value, 0.0, 1.0);
    best_precision = precision;
  }
  return best;
}

bool prefers_html(const net::ServerRequest& request) {
  const std::string_view accept = request.headers.find("Accept").value_or("");
  return accept_quality(accept, "text/html") > accept_quality(accept, "application/json");
}

}  // namespace videogen::serve
