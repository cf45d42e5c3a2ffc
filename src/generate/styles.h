// Styles: what a director would add to a few words, as data.
//
// styles.json is shipped inside the library; a file of the same form replaces it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace videogen::generate {

// Any part may be empty but the name; one without a summary is listed without one.
struct Style {
  std::string name;     // lower-case letters, digits and hyphens
  std::string summary;  // one line, for who chooses
  std::string subject, action, camera, lens, light, mood, motion;
  std::string audio;     // left out where the clip has no sound
  std::string negative;  // what should not be seen, comma by comma
};

using Styles = std::vector<Style>;

[[nodiscard]] const Styles& shipped_styles();

// `text` is {"styles": [{"name", …}]}; `source` names it in errors. Errors: corrupt (not JSON,
// an unknown or ill-typed member, a name twice, a control character), with the place.
[[nodiscard]] Result<Styles> parse_styles(std::string_view text, std::string_view source);

// Errors: usage, with the nearest name.
[[nodiscard]] Result<Style> find_style(const Styles& styles, std::string_view name);

}  // namespace videogen::generate
