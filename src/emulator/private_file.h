// Files that hold keys and tokens.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/error.h"

namespace videogen::emulator {

// Readable and writable by its owner alone, from the first byte on; replaces an older one.
// Errors: as AtomicFile.
[[nodiscard]] Status write_private(const std::filesystem::path& path, std::string_view text);

}  // namespace videogen::emulator
