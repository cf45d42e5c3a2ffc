// The report as text for a person: verdict first, then why, then the pairs.
#pragma once

#include <string>

#include "coherence/report.h"

namespace videogen::coherence {

struct TextStyle {
  bool colour = false;  // ANSI escapes
  bool unicode = true;  // sparkline and arrows; else ASCII and no sparkline
  int columns = 80;     // bounds the sparkline
};

// The whole report, a dozen lines, each ended by a line break.
[[nodiscard]] std::string to_text(const Report& report, const TextStyle& style);

// One line, ended by a line break: for many clips.
[[nodiscard]] std::string to_line(const Report& report, const TextStyle& style);

}  // namespace videogen::coherence
