// The report as text for a person: verdict first, then why, then the pairs.
#pragma once

#include <string>

#include "coherence/report.h"

namespace videogen::coherence {

struct TextStyle {
  bool colour = false;  // ANSI escapes
  bool unicode = true;  // sparkline and symbols; else ASCII
  int columns = 80;
};
[[nodiscard]] std::string to_text(const Report& report, const TextStyle& style);

}  // namespace videogen::coherence
