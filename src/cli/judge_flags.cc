#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "cli/judge_flags_internal.h"
#include "cli/numbers.h"
#include "generate/watch.h"

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

Result<std::optional<JudgeRequest>> JudgeFlags::request(const std::string& prompt) const {
  if (!url_ && (gate_ || frames_ || sheet_ || model_)) {
    const std::string_view flag = gate_     ? "--judge-gate"
                                  : frames_ ? "--judge-frames"
                                  : sheet_  ? "--judge-sheet"
                                            : "--judge-model";
    return fail(ErrorCode::usage, fmt::format("{} needs the judge: --judge URL", flag));
  }
  if (!url_) return std::nullopt;
  if (!model_ || model_->empty())
    return fail(ErrorCode::usage, "--judge needs the model's name: --judge-model NAME");
  JudgeRequest request{.prompt = prompt};
  const auto address = generate::judge_address(*url_);
  if (!address) return fail(ErrorCode::usage, "--judge: " + address.error().message);
  request.options.url = *url_;
  request.options.model = *model_;
  if (frames_) {
    VIDEOGEN_TRY(const double frames, parse_number("--judge-frames", *frames_, 4, 8));
    request.options.frames = static_cast<int>(frames);
    if (request.options.frames != frames)
      return fail(ErrorCode::usage, "--judge-frames: must be a whole number from 4 to 8");
  }
  if (sheet_) request.options.layout = generate::JudgeOptions::Layout::contact_sheet;
  if (gate_) {
    VIDEOGEN_TRY(request.gate, parse_number("--judge-gate", *gate_, 0, 10));
  }
  if (const char* key = std::getenv("VIDEOGEN_JUDGE_KEY")) request.options.key = net::Secret(key);
  return request;
}

Result<coherence::Report> with_opinion(coherence::Report report, const std::filesystem::path& clip,
                                       const JudgeRequest& request, const std::stop_token& stop) {
  const net::HttpClient client;
  generate::JudgeOptions options = request.options;
  net::Span span;
  if (request.telemetry != nullptr)
    span = generate::watch_judge(*request.telemetry, options.model, options.url, request.parent);
  options.traceparent = span.header();
  auto opinion = generate::ask_judge(clip, request.prompt, options, client, stop);
  if (!opinion) span.fail(std::string(name(opinion.error().code)), opinion.error().message);
  if (!opinion && opinion.error().code == ErrorCode::interrupted)
    return tl::unexpected(opinion.error());
  if (!opinion) {
    report.notes.push_back("no opinion: " + printable(opinion.error().message, 500));
    if (!request.gate) return report;
    // A gate that nobody stands at lets nothing through.
    opinion.emplace();
    opinion->model = request.options.model;
  }
  opinion->gate = request.gate;
  const bool asked = !opinion->server.empty();
  if (asked && request.telemetry != nullptr)
    generate::tell_opinion(*request.telemetry, span, *opinion);
  coherence::take_opinion(report, *std::move(opinion));
  if (!asked) report.opinion.reset();
  return report;
}

}  // namespace videogen::cli
