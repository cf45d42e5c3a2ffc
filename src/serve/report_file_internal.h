// The report of a job as data, from which its page is made once somebody asks for it.
//
// CBOR by the fields' names, so that a newer program reads what an older one wrote (enumerators
// are kept by their numbers: a new one goes to the end). Numbers come back to the last bit, and
// what the JSON of a report leaves out (the curves) is there.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"
#include "coherence/report.h"

namespace videogen::serve {

[[nodiscard]] std::string report_bytes(const coherence::Report& report);
// Errors: corrupt.
[[nodiscard]] Result<coherence::Report> report_of_bytes(std::string_view bytes);

// Errors: as AtomicFile and read_file(); corrupt.
[[nodiscard]] Status save_report(const std::filesystem::path& file,
                                 const coherence::Report& report);
[[nodiscard]] Result<coherence::Report> load_report(const std::filesystem::path& file);

}  // namespace videogen::serve
