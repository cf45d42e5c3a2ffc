// What the kinds of defects and the measures mean, in a sentence or two for the page.
#pragma once

#include <string_view>

namespace videogen::coherence {

// One of kDefectKinds, "dissolve" or "fade"; empty for any other.
[[nodiscard]] std::string_view kind_text(std::string_view kind);

// By Measure::name; empty where nothing is known.
[[nodiscard]] std::string_view measure_text(std::string_view name);

}  // namespace videogen::coherence
