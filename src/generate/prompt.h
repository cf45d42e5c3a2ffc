// The prompt as it is sent: the caller's words, and what a style adds to them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "generate/styles.h"

namespace videogen::generate {

struct Prompt {
  std::string text;      // begins with the caller's words, byte by byte
  std::string negative;  // the caller's first, then the style's
};

struct PromptRequest {
  std::string_view words;
  std::string_view negative{};
  std::optional<Style> style{};     // nullopt: the words alone
  bool audio = true;                // false: nothing is said about sound
  std::size_t most_characters = 0;  // of either text, for the model that gets it; 0: no limit
  std::string_view model{};         // for errors
};

// Nothing of the words is lost, changed or moved: the style's sentences follow them. Where they
// end without a full stop, one is put between; after several lines or JSON, an empty line.
// Errors: usage (no words, control characters, broken UTF-8, too long; nothing is cut).
[[nodiscard]] Result<Prompt> engineer(const PromptRequest& request);

}  // namespace videogen::generate
