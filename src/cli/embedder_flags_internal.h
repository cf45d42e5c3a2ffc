// --embedder, --model, --precision: shared by the verbs that embed.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "embed/choose.h"

namespace videogen::cli {

class EmbedderFlags {
 public:
  void declare(CLI::App& command);
  // What the flags mean, without loading anything. Errors: usage.
  [[nodiscard]] Result<embed::Choice> choice() const;

 private:
  std::string embedder_ = "auto";
  std::string model_;
  std::string precision_ = "auto";
};

}  // namespace videogen::cli
