// What a message in plain words asks for, by a few rules that docs/a2a.md lists. Nothing is
// guessed: what the words don't say stays empty, and the caller is asked for it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/job.h"

namespace videogen::serve {

struct Wish {
  // By the first word that stands for a skill: "check" (validate), "repair" (enhance), "make a
  // clip" (generate).
  std::optional<Skill> skill{};
  std::vector<std::string> addresses{};  // http://, https:// and gs://, in their order
  // Of `generate` the words that say what is to be seen; of the others what follows "prompt:".
  std::string prompt{};
  std::optional<double> seconds{};  // "a 6-second clip of …"
  bool asks_for_help = false;       // "help", "what can you do?"
};

[[nodiscard]] Wish read_words(std::string_view text);

}  // namespace videogen::serve
