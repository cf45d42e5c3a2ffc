// Flags that the command line leaves open, taken from a TOML file.
//
//   [validate]
//   threshold = 0.9
//   fps = "24000/1001"
//   multi-shot = true
//
// A table for each verb; its keys are the verb's flags. The order is flags, environment, file:
// the environment (VIDEOGEN_FPS, …) has been read by the time this is called.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/error.h"

namespace videogen::cli {

// The flags that were set by the file. `verbs` are the names that tables may have; only the
// one of `verb` is used. A flag is left alone where it, or one that excludes it, is set.
// Errors, with file and line: not_found, unreachable, corrupt (not TOML), usage (a table, key
// or type that nothing here has). `tables` are keys that are no flags but tables of their own.
[[nodiscard]] Result<std::set<std::string>> apply_file(const std::filesystem::path& file,
                                                       const std::vector<std::string>& verbs,
                                                       const std::string& verb, CLI::App& command,
                                                       const std::set<std::string>& tables = {});

// Such a table, as [[generate.models]], as the text of a JSON array; nullopt if the file has none.
// Errors: as apply_file().
[[nodiscard]] Result<std::optional<std::string>> tables_in_file(const std::filesystem::path& file,
                                                                const std::string& verb,
                                                                const std::string& key);

}  // namespace videogen::cli
