// A finished clip, stored at gs://, too.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "cli/verb_internal.h"

namespace videogen::cli {

// The address as it was given, checked. Errors: usage (not gs://BUCKET/OBJECT).
[[nodiscard]] Result<std::string> cloud_place(std::string_view flag, const std::string& uri);

// Errors: usage (there is an object of that name, under `refuse`), unreachable (network, no right
// to the bucket, credentials), not_found (no such bucket), corrupt, interrupted.
[[nodiscard]] Status copy_to_cloud(const std::filesystem::path& clip, const std::string& uri,
                                   AtomicFile::Existing existing, Context& context);

}  // namespace videogen::cli
