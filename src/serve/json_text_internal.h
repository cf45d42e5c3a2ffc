// JSON from strangers, and JSON that always goes out whole.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace videogen::serve {

// Objects and arrays inside each other that a text may have: whoever writes it out again does so
// recursively.
inline constexpr int kMostJsonDepth = 64;

// Errors: corrupt (no JSON, broken UTF-8, deeper than kMostJsonDepth).
[[nodiscard]] Result<nlohmann::json> parse_json(std::string_view text);

// On one line; what is no UTF-8 in it becomes U+FFFD.
[[nodiscard]] std::string text_of(const nlohmann::json& document);

// The member of an object by its name in ProtoJSON: "historyLength", or as the schema writes it,
// "history_length". Null where there is none, where it is null, and for what is no object.
[[nodiscard]] const nlohmann::json& member(const nlohmann::json& object, std::string_view name);

// A string member; empty where there is none or it is something else.
[[nodiscard]] std::string text_member(const nlohmann::json& object, std::string_view name);

}  // namespace videogen::serve
