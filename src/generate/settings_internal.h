// How a run wants its clips judged, as JSON for the journal.
#pragma once

#include <string>
#include <string_view>

#include "coherence/validate.h"

namespace videogen::generate {

[[nodiscard]] std::string settings_json(const coherence::Options& validation);
// What cannot be read keeps its default.
[[nodiscard]] coherence::Options settings_from_json(std::string_view text);

}  // namespace videogen::generate
