// What Google's support codes of withheld clips mean.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace videogen::generate {

// The numbers after "Support codes:" in a message, in their order, each once.
[[nodiscard]] std::vector<int> support_codes_of(std::string_view message);

// "violence", "a child"; empty for a code that is not known here.
// https://cloud.google.com/vertex-ai/generative-ai/docs/image/responsible-ai-imagen (the scheme
// is shared with Veo)
[[nodiscard]] std::string_view meaning_of(int support_code);

// "58061214: a child; 12345: a code that is not known here"
[[nodiscard]] std::string explained(std::span<const int> support_codes);

}  // namespace videogen::generate
