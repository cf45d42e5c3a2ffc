#include "cli/suggest.h"

#include <algorithm>
#include <system_error>
#include <vector>

namespace videogen::cli {
namespace {

constexpr std::size_t kMostEntries = 10'000;  // of a folder that are looked at

}  // namespace

std::optional<std::string> nearest_file(const std::filesystem::path& missing) {
  const auto folder = missing.has_parent_path() ? missing.parent_path() : ".";
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end;
       !error && entry != end && names.size() < kMostEntries; entry.increment(error))
    names.push_back(entry->path().filename().string());
  std::ranges::sort(names);  // the same answer on every file system
  const auto name = nearest(missing.filename().string(), names);
  if (!name) return std::nullopt;
  return (missing.parent_path() / *name).string();
}

}  // namespace videogen::cli
