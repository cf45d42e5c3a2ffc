// styles.json and models.json, as they lie beside this file.
#pragma once

#include <string_view>

namespace videogen::generate {

extern const std::string_view kStylesJson;
extern const std::string_view kModelsJson;

}  // namespace videogen::generate
