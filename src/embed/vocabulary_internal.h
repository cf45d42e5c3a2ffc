// The vocabulary of a tokenizer: a JSON object from token to id.
#pragma once

#include <filesystem>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "embed/byte_pairs_internal.h"

namespace videogen::embed {

// Errors: corrupt (not an object, an id that is no whole number of 0 to 2^31 - 1, one id for
// two tokens), naming the file and the token.
[[nodiscard]] Result<Vocabulary> parse_vocabulary(const nlohmann::json& object,
                                                  const std::filesystem::path& file);
// "left right", both non-empty. Errors: corrupt, naming the file and `where` ("line 7").
[[nodiscard]] Result<MergeRule> parse_merge(std::string_view text,
                                            const std::filesystem::path& file,
                                            std::string_view where);

}  // namespace videogen::embed
