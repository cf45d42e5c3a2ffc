// A JSON file of a model folder, read without trust.
#pragma once

#include <cstddef>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace videogen::embed {

// The one JSON value that the file holds. A name that appears twice in an object keeps its
// last value, as in Python and Rust.
// Errors: as read_file; corrupt (not JSON, with the byte where it stops being JSON; nested
// deeper than 32 levels, which no file of a model is).
[[nodiscard]] Result<nlohmann::json> read_json(const std::filesystem::path& path,
                                               std::size_t limit_bytes);
// The same for text that is there already; `path` is only named.
[[nodiscard]] Result<nlohmann::json> parse_json(std::string_view text,
                                                const std::filesystem::path& path);

}  // namespace videogen::embed
