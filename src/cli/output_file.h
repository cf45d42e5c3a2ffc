// Checks on the file that -o names, made before the work and not after it.
#pragma once

#include <filesystem>

#include "base/error.h"
#include "base/file.h"

namespace videogen::cli {

// Errors: usage (exists without --force, a folder, a device), not_found (no such folder).
[[nodiscard]] Status check_output(const std::filesystem::path& path, AtomicFile::Existing existing);

}  // namespace videogen::cli
