// "Did you mean …?" for mistyped names of files.
#pragma once

#include <filesystem>
#include <optional>

#include "base/nearest.h"

namespace videogen::cli {

// The entry of the same folder whose name is nearest to that of a file that does not exist.
[[nodiscard]] std::optional<std::string> nearest_file(const std::filesystem::path& missing);

}  // namespace videogen::cli
