#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "cli/judge_flags_internal.h"
#include "cli/numbers.h"

namespace videogen::cli {

void JudgeFlags::declare(CLI::App& command) {
  command
      .add_option("--judge", url_,
                  "Ask a vision-language model for its opinion, too: a server that speaks\n"
                  "OpenAI's chat completions")
      ->type_name("URL")
      ->envname("VIDEOGEN_JUDGE");
  command.add_option("--judge-model", model_, "What that server calls the model")
      ->type_name("NAME")
      ->envname("VIDEOGEN_JUDGE_MODEL");
  command
      .add_option("--judge-gate", gate_,
                  "A clip whose score (0 to 10) is lower does not pass; without it the\n"
                  "opinion decides nothing")
      ->type_name("SCORE");
  command.add_option("--judge-frames", frames_, "Frames that it sees, 4 to 8")
      ->type_name("N")
      ->default_str("6");
  command.add_flag("--judge-sheet", sheet_, "All frames in one picture, row by row");
}

Status JudgeFlags::apply(std::optional<generate::JudgeOptions>& judge,
                         std::optional<double>& gate) const {
  if (!url_ && (gate_ || frames_ || sheet_ || model_)) {
    const std::string_view flag = gate_     ? "--judge-gate"
                                  : frames_ ? "--judge-frames"
                                  : sheet_  ? "--judge-sheet"
                                            : "--judge-model";
    return fail(ErrorCode::usage, fmt::format("{} needs the judge: --judge URL", flag));
  }
  if (!url_) return {};
  if (!model_ || model_->empty())
    return fail(ErrorCode::usage, "--judge needs the model's name: --judge-model NAME");
  generate::JudgeOptions options;
  const auto address = generate::judge_address(*url_);
  if (!address) return fail(ErrorCode::usage, "--judge: " + address.error().message);
  options.url = *url_;
  options.model = *model_;
  if (frames_) {
    VIDEOGEN_TRY(const double frames, parse_number("--judge-frames", *frames_, 4, 8));
    options.frames = static_cast<int>(frames);
    if (options.frames != frames)
      return fail(ErrorCode::usage, "--judge-frames: must be a whole number from 4 to 8");
  }
  if (sheet_) options.layout = generate::JudgeOptions::Layout::contact_sheet;
  if (gate_) {
    VIDEOGEN_TRY(gate, parse_number("--judge-gate", *gate_, 0, 10));
  }
  if (const char* key = std::getenv("VIDEOGEN_JUDGE_KEY")) options.key = net::Secret(key);
  judge = std::move(options);
  return {};
}

}  // namespace videogen::cli
