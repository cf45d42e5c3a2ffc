#include "cli/generate_run.h"

#include <chrono>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "cli/cloud_copy.h"
#include "cli/output_file.h"
#include "coherence/report_text.h"
#include "generate/backends.h"

namespace videogen::cli {
namespace {

using generate::Attempt;
using generate::Generation;
using generate::Stage;

// What is going on, for who looks at a terminal.
class Showing {
 public:
  Showing(Console& console, const generate::Hooks& more) : console_(console), more_(more) {}

  [[nodiscard]] generate::Hooks hooks() {
    generate::Hooks hooks;
    hooks.stage = [this](Stage stage, const Attempt& attempt) { show(stage, attempt); };
    hooks.working = [this](int percent) {
      percent_ = percent;
      if (more_.working) more_.working(percent);
    };
    hooks.fetching = [this](std::uint64_t done, std::optional<std::uint64_t> total) {
      console_.progress("fetching", "bytes", static_cast<std::int64_t>(done),
                        total ? std::optional(static_cast<std::int64_t>(*total)) : std::nullopt);
      if (more_.fetching) more_.fetching(done, total);
    };
    hooks.validating = [this](const coherence::Progress& progress) {
      console_.progress("validating", "samples", progress.samples, progress.total);
      if (more_.validating) more_.validating(progress);
    };
    hooks.says = [this](std::string_view line) {
      console_.clear_progress();
      console_.error_line(line);
    };
    hooks.judge = more_.judge;
    return hooks;
  }

 private:
  void show(Stage stage, const Attempt& attempt) {
    if (stage == Stage::journaled) {
      began_ = std::chrono::steady_clock::now();
      percent_.reset();
    }
    if (stage == Stage::journaled || stage == Stage::submitted || stage == Stage::polled) {
      const std::string what = fmt::format("clip {} of {}", attempt.number, attempt.model);
      if (percent_) {
        console_.progress(what, "%", *percent_, 100);
      } else {
        const auto waited = std::chrono::steady_clock::now() - began_;
        console_.progress(what, "s",
                          std::chrono::duration_cast<std::chrono::seconds>(waited).count(),
                          std::nullopt);
      }
    }
    if (more_.stage) more_.stage(stage, attempt);
  }

  Console& console_;
  const generate::Hooks& more_;
  std::chrono::steady_clock::time_point began_;
  std::optional<int> percent_;
};

Result<int> print(const Generation& generation, GenerateRequest::Format format, Console& console) {
  console.clear_progress();
  if (format == GenerateRequest::Format::json) {
    VIDEOGEN_TRY(console.write(to_json(generation, coherence::JsonLayout::indented) + "\n"));
  } else if (format == GenerateRequest::Format::text && !generation.attempts.empty()) {
    VIDEOGEN_TRY(console.write(to_text(generation)));
    if (generation.report)
      VIDEOGEN_TRY(console.write(coherence::to_text(*generation.report, console.style())));
  }
  // Where a clip is delivered the status tells how good it is, and the line why it is the last.
  if (generation.error) console.error(*generation.error);
  return exit_status(generation);
}

// Prints what came of it, once the clip is stored elsewhere, too. A clip that cannot be stored is
// delivered all the same, and the error says so.
Result<int> deliver(Generation generation, const GenerateRequest& request, Context& context) {
  if (request.copy_to.empty() || !generation.output)
    return print(generation, request.format, context.console);
  const Status stored =
      copy_to_cloud(*generation.output, request.copy_to, request.run.existing, context);
  if (stored) {
    generation.copied_to = request.copy_to;
  } else {
    generation.error = stored.error();
  }
  VIDEOGEN_TRY(const int status, print(generation, request.format, context.console));
  return stored ? status : worse_exit_status(status, exit_status(stored.error().code));
}

}  // namespace

Result<int> run_generate(const GenerateRequest& request, const embed::Chosen& embedder,
                         Context& context) {
  const auto& output = request.run.output;
  if (!request.resume || !output.empty()) {
    VIDEOGEN_TRY(check_output(output, request.run.existing));
  }
  VIDEOGEN_TRY(const std::filesystem::path folder, generate::Journal::data_folder());
  VIDEOGEN_TRY(generate::Journal journal, generate::Journal::open(folder));
  std::string backend_name = request.backend, place;
  if (request.resume) {
    VIDEOGEN_TRY(const auto record, generate::find_resumable(journal, *request.resume));
    if (record) {
      backend_name = record->backend;
      place = record->place;
    }
  }
  const net::HttpClient client;
  VIDEOGEN_TRY(const std::unique_ptr<generate::Backend> backend,
               generate::make_backend({backend_name, request.backend_url, place, request.body,
                                       request.storage_uri, request.traceparent},
                                      client));
  Showing showing(context.console, request.hooks);
  const generate::Hooks hooks = showing.hooks();
  const generate::Means means{*backend, journal, embedder, hooks};
  const std::stop_token stop = context.interruption.token();
  if (!request.resume) return deliver(generate::run(request.run, means, stop), request, context);
  generate::ResumeOptions options;
  options.operation = *request.resume;
  options.output = output;
  options.existing = request.run.existing;
  options.deadline = request.run.deadline;
  options.poll = request.run.poll;
  options.patience = request.run.patience;
  options.validation = request.run.validation;
  return deliver(generate::resume(options, means, stop), request, context);
}

}  // namespace videogen::cli
