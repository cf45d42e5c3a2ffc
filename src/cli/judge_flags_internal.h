// --judge, --judge-model, --judge-gate, --judge-frames, --judge-sheet: shared by the verbs that
// ask a vision-language model for its opinion.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "coherence/report.h"
#include "generate/judge.h"
#include "net/telemetry.h"

namespace videogen::cli {

struct JudgeRequest {
  generate::JudgeOptions options{};
  std::optional<double> gate{};               // 0…10
  std::string prompt{};                       // what the clip should show; may be empty
  std::optional<net::TraceContext> parent{};  // what the call is part of
  net::Telemetry* telemetry = nullptr;        // hears of it, where there is one; lives longer
};

// The report with the judge's opinion in it. Where there is none, a note says why, and with a gate
// the clip does not pass. Errors: interrupted.
[[nodiscard]] Result<coherence::Report> with_opinion(coherence::Report report,
                                                     const std::filesystem::path& clip,
                                                     const JudgeRequest& request,
                                                     const std::stop_token& stop);

class JudgeFlags {
 public:
  void declare(CLI::App& command);
  // nullopt where no judge is asked. VIDEOGEN_JUDGE_KEY is the server's bearer token.
  // Errors: usage.
  [[nodiscard]] Result<std::optional<JudgeRequest>> request(const std::string& prompt) const;

 private:
  std::optional<std::string> url_, model_, gate_, frames_;
  bool sheet_ = false;
};

}  // namespace videogen::cli
