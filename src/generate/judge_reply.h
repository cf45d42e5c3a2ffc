// What a vision-language model answered, read leniently: such models wrap JSON in reasoning,
// fences and remarks, and bend it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace videogen::generate {

struct JudgeReply {
  std::optional<double> score;  // 0…10; absent: none was given, or none in that range
  std::vector<std::string> issues;
  std::string comment;  // "comment" of its JSON; all it said where there is no JSON
};

// `text` is the model's own. Reasoning (<think>…</think>, also without its beginning or its end)
// is left out. The first object that has a score or issues counts, else the first one.
[[nodiscard]] JudgeReply read_judge_reply(std::string_view text);

// choices[0].message.content of a chat completion, text or parts. Errors: corrupt.
[[nodiscard]] Result<std::string> completion_text(std::string_view body);

}  // namespace videogen::generate
