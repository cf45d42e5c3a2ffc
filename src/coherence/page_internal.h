// The sections of the report page, each a <section> or nothing where it has nothing to say.
#pragma once

#include <string>
#include <string_view>

#include "coherence/report_html.h"

namespace videogen::coherence {

struct Page {
  const Report& report;
  const Pictures& pictures;
  const HtmlOptions& options;
};

// A time that leads to its place in the clip: within the page by its script, without it by
// opening the clip there (where it is a file beside the page); plain text where nothing plays.
[[nodiscard]] std::string time_link(const Page& page, double time_s);

// "drift to first": names are written_with_underscores.
[[nodiscard]] std::string spaced(std::string_view name);

// A sentence of the report, escaped; flags in it (--multi-shot) are set as code and not broken.
[[nodiscard]] std::string sentence(std::string_view text);

[[nodiscard]] std::string verdict_section(const Page& page);
[[nodiscard]] std::string player_section(const Page& page);
[[nodiscard]] std::string timeline_section(const Page& page);
[[nodiscard]] std::string findings_section(const Page& page);
[[nodiscard]] std::string film_section(const Page& page);
[[nodiscard]] std::string evidence_section(const Page& page);
[[nodiscard]] std::string measures_section(const Page& page);
[[nodiscard]] std::string opinion_section(const Page& page);
[[nodiscard]] std::string notes_section(const Page& page);
[[nodiscard]] std::string origin_section(const Page& page);

}  // namespace videogen::coherence
