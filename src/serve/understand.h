// What the messages of a task ask for: by data parts, by the files and addresses that come with
// them, and else by their plain words.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "serve/job.h"

namespace videogen::serve {

struct Understood {
  Skill skill = Skill::validate;
  std::string request = "{}";  // for Submission::request
  std::string question{};      // what is missing, asked for; empty: nothing
  std::string reply{};         // the whole answer, where nothing is to be done ("help")
};

// `messages`: those of the user, oldest first, as read_message() gives them (JSON); later ones
// complete and correct earlier ones. `has_file`: a clip came with one of them.
// Errors: usage (a data part that contradicts itself or names no skill that there is).
[[nodiscard]] Result<Understood> understand(const std::vector<std::string>& messages,
                                            bool has_file);

}  // namespace videogen::serve
