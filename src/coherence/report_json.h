// Reports and errors as JSON. docs/report.schema.json describes both: the report at its root,
// the error at #/$defs/error.
//
// Numbers are written with the fewest digits that read back as the same number. Bytes of a
// name that are not UTF-8 become U+FFFD. No line breaks in one_line, none at the end.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "coherence/report.h"

namespace videogen::coherence {

enum class JsonLayout { one_line, indented };

// "videogen.report/1"
[[nodiscard]] std::string to_json(const Report& report, JsonLayout layout);

// "videogen.error/1": what takes a report's place where there is none.
[[nodiscard]] std::string to_json(const Error& error, std::string_view uri, JsonLayout layout);

[[nodiscard]] std::string_view name(Verdict verdict);  // "pass", "fail", "unknown"
[[nodiscard]] std::string_view name(Profile profile);  // "quick", "full"

}  // namespace videogen::coherence
