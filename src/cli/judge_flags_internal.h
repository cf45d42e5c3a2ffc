// --judge, --judge-model, --judge-gate, --judge-frames, --judge-sheet: shared by the verbs that
// ask a vision-language model for its opinion.
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "generate/judge.h"

namespace videogen::cli {

class JudgeFlags {
 public:
  void declare(CLI::App& command);
  // What was asked for; neither is set where no judge is. VIDEOGEN_JUDGE_KEY is the server's
  // bearer token. Errors: usage.
  [[nodiscard]] Status apply(std::optional<generate::JudgeOptions>& judge,
                             std::optional<double>& gate) const;

 private:
  std::optional<std::string> url_, model_, gate_, frames_;
  bool sheet_ = false;
};

}  // namespace videogen::cli
