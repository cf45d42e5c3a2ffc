// The report as a page: one file that needs no other, works without network and without
// JavaScript, and prints. Only the clip may lie beside it.
//
// The page's frame, style and behaviour are web/report.html, .css and .js; this fills them in.
// Everything that came from outside is escaped, and the page's own policy
// (Content-Security-Policy) lets nothing run but what is written here.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coherence/clip_link.h"
#include "coherence/pictures.h"
#include "coherence/report.h"

namespace videogen::coherence {

struct HtmlOptions {
  ClipLink clip;  // what the player shows
  // What took part, by name: {"videogen", "0.1.0"}.
  std::vector<std::pair<std::string, std::string>> versions;
};

[[nodiscard]] std::string to_html(const Report& report, const Pictures& pictures,
                                  const HtmlOptions& options);

// True if a file that begins with these bytes is a page of to_html(), so that a new one may
// take its place; 1 KiB is enough.
[[nodiscard]] bool is_report_page(std::string_view beginning);

}  // namespace videogen::coherence
