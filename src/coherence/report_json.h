// The report as JSON (INTERFACE: "videogen.report/1").
#pragma once

#include <string>

#include "coherence/report.h"

namespace videogen::coherence {

enum class JsonLayout { one_line, indented };
[[nodiscard]] std::string to_json(const Report& report, JsonLayout layout);

}  // namespace videogen::coherence
