// The lines of `videogen validate --stream`: docs/stream.schema.json. Without line breaks.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "coherence/stream.h"

namespace videogen::coherence {

enum class Arrival { pipe, growing_file, spooled, finished_file };

[[nodiscard]] std::string start_line(const Source& source, Arrival arrival,
                                     const embed::Chosen& embedder, const Options& options);
[[nodiscard]] std::string note_line(std::string_view message);
[[nodiscard]] std::string sample_line(const StreamedSample& sample);
// "event", or "retract".
[[nodiscard]] std::string event_line(const ToldEvent& told);
[[nodiscard]] std::string report_line(const Report& report);
[[nodiscard]] std::string error_line(const Error& error, std::string_view uri);

}  // namespace videogen::coherence
