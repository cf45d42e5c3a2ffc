// fitted.json, as it lies beside this file.
#pragma once

#include <string_view>

namespace videogen::coherence {

extern const std::string_view kFittedJson;

}  // namespace videogen::coherence
