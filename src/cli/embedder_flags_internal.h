// --embedder, --model, --precision: shared by the verbs that embed.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/verb_internal.h"
#include "embed/choose.h"

namespace videogen::cli {

class EmbedderFlags {
 public:
  // `model_flag`: where --model names something else.
  void declare(CLI::App& command, const std::string& model_flag = "--model");
  // Errors: usage, for words that no flag knows. Nothing is loaded.
  [[nodiscard]] Status check() const;
  // Loads what the flags ask for; `why` names the place where it was asked for.
  // Errors: as embed::choose.
  [[nodiscard]] Result<embed::Chosen> choose(const Context& context) const;

 private:
  [[nodiscard]] Result<embed::Choice> choice() const;

  std::string embedder_ = "auto";
  std::string model_, model_flag_ = "--model";
  std::string precision_ = "auto";
};

}  // namespace videogen::cli
