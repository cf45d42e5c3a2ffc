#include "cli/output_file.h"

#include <system_error>

#include <fmt/format.h>

namespace videogen::cli {

namespace fs = std::filesystem;

Status check_output(const fs::path& path, AtomicFile::Existing existing) {
  const std::string shown = printable(path.string());
  if (path.empty()) return fail(ErrorCode::usage, "the output has an empty name");
  if (!path.has_filename())
    return fail(ErrorCode::usage, fmt::format("cannot write {}: it is a folder", shown));
  std::error_code error;
  const fs::file_status target = fs::status(path, error);
  if (fs::is_directory(target))
    return fail(ErrorCode::usage, fmt::format("cannot write {}: it is a folder", shown));
  // Renaming over a device would replace it by a file.
  if (fs::exists(target) && !fs::is_regular_file(target))
    return fail(ErrorCode::usage, fmt::format("cannot write {}: not a regular file", shown));
  if (fs::exists(target) && existing == AtomicFile::Existing::refuse)
    return fail(ErrorCode::usage, fmt::format("{} exists already; --force replaces it", shown));
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, error)) {
    return fail(ErrorCode::not_found,
                fmt::format("cannot write {}: no folder {}", shown, printable(folder.string())));
  }
  return {};
}

}  // namespace videogen::cli
