#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "cli/embedder_flags_internal.h"
#include "cli/html_page.h"
#include "cli/inputs.h"
#include "cli/judge_flags_internal.h"
#include "cli/numbers.h"
#include "cli/remote_flags_internal.h"
#include "cli/stream_run.h"
#include "cli/verb_internal.h"
#include "coherence/report_json.h"
#include "coherence/report_text.h"
#include "coherence/stream.h"
#include "coherence/validate.h"

namespace videogen::cli {
namespace {

// Prints what is known of each input, in their order, and keeps count.
class Reporting {
 public:
  enum class Format { text, json, none };

  Reporting(Console& console, Format format, std::size_t inputs)
      : console_(console), format_(format), inputs_(inputs) {}

  Status print(const coherence::Report& report) {
    const bool passed = report.verdict == coherence::Verdict::pass;
    status_ = worse_exit_status(status_, passed ? 0 : 1);
    passed_ += passed ? 1 : 0;
    switch (format_) {
      case Format::json:
        return console_.write(coherence::to_json(report, layout()) + "\n");
      case Format::text:
        return console_.write(inputs_ > 1 ? to_line(report, console_.style())
                                          : to_text(report, console_.style()));
      case Format::none:
        break;
    }
    return {};
  }

  Status print(const Error& error, const std::string& uri) {
    status_ = worse_exit_status(status_, console_.error(error));
    // An interruption is no fact about a clip.
    if (format_ != Format::json || error.code == ErrorCode::interrupted) return {};
    return console_.write(coherence::to_json(error, uri, layout()) + "\n");
  }

  Status finish() {
    if (format_ != Format::text || inputs_ < 2) return {};
    return console_.write(fmt::format("{} of {} clips pass\n", passed_, inputs_));
  }

  [[nodiscard]] int status() const { return status_; }

 private:
  [[nodiscard]] coherence::JsonLayout layout() const {
    return inputs_ > 1 ? coherence::JsonLayout::one_line : coherence::JsonLayout::indented;
  }

  Console& console_;
  const Format format_;
  const std::size_t inputs_;
  std::size_t passed_ = 0;
  int status_ = 0;
};

class Validate final : public Verb {
 public:
  std::string name() const override { return "validate"; }
  std::string summary() const override {
    return "Judge clips: a verdict, the reasons, the numbers";
  }
  std::string arguments() const override { return "INPUT…"; }
  void declare(CLI::App& command) override;
  Result<int> run(Context& context, const std::vector<std::string>& arguments) override;

 private:
  Result<coherence::Options> options() const;
  Status check_prompt() const;
  Status check_page() const;
  Status check_stream(const std::vector<std::string>& arguments) const;
  Result<int> stream(const std::string& input, const coherence::Options& options,
                     Context& context) const;
  Status check_page_inputs(const std::vector<Input>& inputs) const;
  Status judge(const std::vector<Input>& inputs, coherence::Options options, Reporting& reporting,
               Context& context) const;
  Status write_page(const Input& input, const coherence::Report& report,
                    const coherence::Options& options, Context& context) const;

  std::string fps_ = "1";
  std::string threshold_ = "0.85";
  std::string profile_ = "full";
  EmbedderFlags embedder_;
  RemoteFlags remote_;
  JudgeFlags judge_;
  std::optional<JudgeRequest> second_opinion_;
  bool single_shot_ = false, multi_shot_ = false, json_ = false, quiet_ = false;
  std::string prompt_, compat_;
  bool prompt_named_ = false;
  std::vector<std::string> versus_;
  std::string html_, config_;
  bool html_named_ = false, embed_video_ = false;
  bool stream_ = false, fail_fast_ = false;
  std::string stream_idle_ = "5";
};

void Validate::declare(CLI::App& command) {
  command
      .add_option("--fps", fps_,
                  "Samples a second: 2, 0.5, 30000/1001; auto: what the clip's length asks for, "
                  "and\nmore where it leaves a doubt")
      ->type_name("R")
      ->envname("VIDEOGEN_FPS")
      ->capture_default_str();
  command
      .add_option("--threshold", threshold_,
                  "Lowest similarity of neighbouring samples that passes, -1 to 1")
      ->type_name("T")
      ->envname("VIDEOGEN_THRESHOLD")
      ->capture_default_str();
  embedder_.declare(command);
  command
      .add_option("--profile", profile_,
                  "quick: samples only, similarity; full: every frame, every measure")
      ->type_name("NAME")
      ->envname("VIDEOGEN_PROFILE")
      ->capture_default_str();
  auto* single = command.add_flag("--single-shot", single_shot_, "A cut is a defect (default)");
  command
      .add_flag("--multi-shot", multi_shot_,
                "Cuts are meant: a lone change between two coherent stretches does not count")
      ->excludes(single);
  command
      .add_option_function<std::string>(
          "--prompt",
          [this](const std::string& text) {
            prompt_ = text;
            prompt_named_ = true;
          },
          "What the clip should show; measures how near it comes (CLIP only)")
      ->type_name("TEXT")
      ->envname("VIDEOGEN_PROMPT");
  command
      .add_option("--versus", versus_,
                  "What else it might show: which is nearer, this or --prompt? May be given\n"
                  "several times")
      ->type_name("TEXT")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      .add_option("--compat", compat_,
                  "vbench: also VBench's background consistency (CLIP only), which embeds every\n"
                  "frame")
      ->type_name("NAME")
      ->envname("VIDEOGEN_COMPAT");
  command
      .add_option_function<std::string>(
          "--html",
          [this](const std::string& file) {
            html_ = file;
            html_named_ = true;
          },
          "Also write the report as a page, with pictures; one clip only. An older report\n"
          "of that name is replaced")
      ->type_name("FILE");
  command.add_flag("--embed-video", embed_video_,
                   "Put the clip inside the page instead of linking to it (needs --html)");
  command.add_flag("--stream", stream_,
                   "Judge a pipe or a growing file while it arrives: a JSON line for each sample\n"
                   "and event, the report last");
  command
      .add_option("--stream-idle", stream_idle_,
                  "Seconds without growth after which a file has ended")
      ->type_name("S")
      ->capture_default_str();
  command.add_flag("--fail-fast", fail_fast_,
                   "Stop reading at the first thing that fails the clip");
  judge_.declare(command);
  remote_.declare(command);
  command.add_flag("--json", json_, "One JSON document; several inputs: one line each");
  command.add_flag("--quiet", quiet_, "No text and no progress bar; the exit status tells");
  command.add_option("--config", config_, "TOML file with a table [validate] of these flags")
      ->type_name("FILE")
      ->envname("VIDEOGEN_CONFIG");
  command.footer(
      "INPUT is a clip, - (standard input), an address (http://, https://, gs://bucket/object), "
      "or\n"
      "a folder: its videos by name, without folders inside it. Flags go before the environment, "
      "the environment before the file.\n\n"
      "Example: videogen validate --fps 2 --json clip.mp4\n"
      "         producer | videogen validate --stream --fail-fast -");
}

Status Validate::check_prompt() const {
  const auto wordless = [](const std::string& text) {
    return text.find_first_not_of(" \t\r\n") == std::string::npos;
  };
  if (prompt_named_ && wordless(prompt_)) return fail(ErrorCode::usage, "--prompt has no words");
  if (std::ranges::any_of(versus_, wordless))
    return fail(ErrorCode::usage, "--versus has no words");
  if (!versus_.empty() && !prompt_named_)
    return fail(ErrorCode::usage, "--versus needs the text that it is against: --prompt TEXT");
  if (profile_ == "quick" && (prompt_named_ || !compat_.empty()))
    return fail(ErrorCode::usage, fmt::format("{} belongs to --profile full: quick has no measures",
                                              prompt_named_ ? "--prompt" : "--compat"));
  return {};
}

Result<coherence::Options> Validate::options() const {
  coherence::Options options;
  if (fps_ == "auto") {
    options.sampling = coherence::Sampling::automatic;
  } else {
    VIDEOGEN_TRY(options.fps, parse_rate("--fps", fps_));
  }
  VIDEOGEN_TRY(options.threshold, parse_number("--threshold", threshold_, -1, 1));
  if (profile_ != "quick" && profile_ != "full") {
    return fail(ErrorCode::usage,
                fmt::format("--profile {}: must be quick or full", printable(profile_, 60)));
  }
  options.profile = profile_ == "quick" ? coherence::Profile::quick : coherence::Profile::full;
  options.multi_shot = multi_shot_;
  if (!compat_.empty() && compat_ != "vbench")
    return fail(ErrorCode::usage,
                fmt::format("--compat {}: must be vbench", printable(compat_, 60)));
  options.vbench = !compat_.empty();
  VIDEOGEN_TRY(check_prompt());
  options.prompt = prompt_;
  options.versus = versus_;
  return options;
}

// What does not go together.
Status Validate::check_stream(const std::vector<std::string>& arguments) const {
  if (fps_ == "auto" && (stream_ || fail_fast_))
    return fail(ErrorCode::usage,
                fmt::format("--fps auto looks at the whole clip first, which {} does not: name a "
                            "rate, as --fps 2",
                            stream_ ? "--stream" : "--fail-fast"));
  if (!compat_.empty() && (stream_ || fail_fast_))
    return fail(ErrorCode::usage,
                fmt::format("--compat {} reads the whole clip a second time, which {} does not: "
                            "validate the finished file without it",
                            compat_, stream_ ? "--stream" : "--fail-fast"));
  if (!stream_) return {};
  if (second_opinion_)
    return fail(ErrorCode::usage,
                "--judge reads a clip twice, which --stream cannot: validate the finished file");
  if (html_named_)
    return fail(ErrorCode::usage,
                "--html reads a clip twice, which --stream cannot: validate the finished file");
  if (arguments.size() != 1)
    return fail(ErrorCode::usage,
                fmt::format("--stream reads one clip, and {} are named", arguments.size()));
  return {};
}

Result<int> Validate::stream(const std::string& input, const coherence::Options& options,
                             Context& context) const {
  constexpr double kLongest_s = 86400;
  VIDEOGEN_TRY(const double idle_s, parse_number("--stream-idle", stream_idle_, 0, kLongest_s));
  context.console.set_bar(Console::Bar::hidden);
  VIDEOGEN_TRY(const embed::Chosen embedder, embedder_.choose(context));
  StreamRequest request;
  request.input = input;
  request.idle = std::chrono::milliseconds(std::llround(1000 * idle_s));
  if (fail_fast_) request.until = coherence::Until::first_failure;
  return run_stream(request, embedder, options, context);
}

std::string progress_label(const std::vector<coherence::Source>& sources, std::size_t clip) {
  if (sources.size() == 1) return sources[clip].uri;
  return fmt::format("{}/{} {}", clip + 1, sources.size(), sources[clip].uri);
}

// Clip by clip, each no further than to what fails it.
void validate_until_failure(std::span<const coherence::Source> sources,
                            const embed::Chosen& embedder, const coherence::Options& options,
                            const std::function<void(std::size_t, Result<coherence::Report>)>& done,
                            const std::stop_token& stop) {
  for (std::size_t i = 0; i < sources.size() && !stop.stop_requested(); ++i) {
    coherence::Options own = options;
    own.progress = [&](const coherence::Progress& p) { options.progress({i, p.samples, p.total}); };
    done(i, coherence::validate_stream(sources[i], embedder, own, coherence::Until::first_failure,
                                       {}, stop));
  }
}

// What can be known of the page before the work.
Status Validate::check_page() const {
  if (!html_named_) {
    return embed_video_ ? fail(ErrorCode::usage, "--embed-video needs a page: --html FILE")
                        : Status();
  }
  return check_html_page(html_);
}

Status Validate::check_page_inputs(const std::vector<Input>& inputs) const {
  if (!html_named_ || inputs.size() == 1) return {};
  return fail(ErrorCode::usage,
              fmt::format("--html {}: a page shows one clip, and {} are named; run validate once "
                          "for each",
                          printable(html_), inputs.size()));
}

Status Validate::write_page(const Input& input, const coherence::Report& report,
                            const coherence::Options& options, Context& context) const {
  const ClipInPage clip = embed_video_  ? ClipInPage::embedded
                          : input.spool ? ClipInPage::absent
                                        : ClipInPage::linked;
  return write_html_page({html_, clip}, input.source, report, options, *options.pictures, context);
}

Status Validate::judge(const std::vector<Input>& inputs, coherence::Options options,
                       Reporting& reporting, Context& context) const {
  std::vector<coherence::Source> sources;
  std::vector<std::size_t> positions;  // of the sources among the inputs
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].error) continue;
    sources.push_back(inputs[i].source);
    positions.push_back(i);
  }
  std::size_t printed = 0;  // inputs before this one are through
  Status status;
  // Errors that were known beforehand come out where their inputs stand.
  const auto print_errors_before = [&](std::size_t end) {
    for (; status && printed < end; ++printed)
      if (inputs[printed].error)
        status = reporting.print(*inputs[printed].error, inputs[printed].source.uri);
  };
  if (!sources.empty()) {
    VIDEOGEN_TRY(const embed::Chosen embedder, embedder_.choose(context));
    options.progress = [&](const coherence::Progress& p) {
      context.console.progress(progress_label(sources, p.clip), "samples", p.samples, p.total);
    };
    context.console.progress(progress_label(sources, 0), "samples", 0, std::nullopt);
    coherence::PictureCollector pictures;
    if (html_named_) options.pictures = &pictures;
    const auto done = [&](std::size_t source, Result<coherence::Report> report) {
      print_errors_before(positions[source]);
      if (!status || context.console.reader_gone()) return;
      if (report && second_opinion_)
        report = with_opinion(*std::move(report), sources[source].path, *second_opinion_,
                              context.interruption.token());
      status =
          report ? reporting.print(*report) : reporting.print(report.error(), sources[source].uri);
      if (status && report && html_named_)
        status = write_page(inputs[positions[source]], *report, options, context);
      printed = positions[source] + 1;
      if (!status || context.console.reader_gone()) context.interruption.request_stop();
      if (source + 1 < sources.size())
        context.console.progress(progress_label(sources, source + 1), "samples", 0, std::nullopt);
    };
    const std::stop_token stop = context.interruption.token();
    if (fail_fast_) {
      validate_until_failure(sources, embedder, options, done, stop);
    } else {
      coherence::validate_all(sources, embedder, options, done, stop);
    }
  }
  const bool interrupted = reporting.status() == exit_status(ErrorCode::interrupted);
  if (!interrupted && !context.console.reader_gone()) print_errors_before(inputs.size());
  return status;
}

Result<int> Validate::run(Context& context, const std::vector<std::string>& arguments) {
  VIDEOGEN_TRY(const coherence::Options wanted, options());
  VIDEOGEN_TRY(embedder_.check());
  VIDEOGEN_TRY([[maybe_unused]] const net::RemoteOptions remote_options, remote_.options());
  VIDEOGEN_TRY(check_page());
  VIDEOGEN_TRY(second_opinion_, judge_.request(prompt_));
  std::optional<net::Telemetry> telemetry;
  if (second_opinion_) {
    net::TelemetryOptions wanted_telemetry = net::telemetry_from_environment();
    for (const std::string& warning : wanted_telemetry.warnings)
      context.console.error_line(warning);
    second_opinion_->telemetry = &telemetry.emplace(std::move(wanted_telemetry));
  }
  if (arguments.empty())
    return fail(ErrorCode::usage, "validate needs an input, as: videogen validate clip.mp4");
  VIDEOGEN_TRY(check_stream(arguments));
  if (stream_) return stream(arguments.front(), wanted, context);
  if (quiet_) context.console.set_bar(Console::Bar::hidden);

  VIDEOGEN_TRY(net::RemoteInputs remote, remote_.inputs(context));
  VIDEOGEN_TRY(const std::vector<Input> inputs,
               resolve_inputs(arguments, remote, context.interruption.token()));
  VIDEOGEN_TRY(check_page_inputs(inputs));
  using Format = Reporting::Format;
  Reporting reporting(context.console,
                      json_    ? Format::json
                      : quiet_ ? Format::none
                               : Format::text,
                      inputs.size());
  VIDEOGEN_TRY(judge(inputs, wanted, reporting, context));
  if (reporting.status() != exit_status(ErrorCode::interrupted)) VIDEOGEN_TRY(reporting.finish());
  return reporting.status();
}

}  // namespace

std::unique_ptr<Verb> make_validate() { return std::make_unique<Validate>(); }

}  // namespace videogen::cli
