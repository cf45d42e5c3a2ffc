#include <algorithm>
#include <cctype>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "coherence/report_json.h"
#include "generate/backends.h"
#include "generate/plan.h"
#include "media/picture.h"
#include "media/rate.h"
#include "serve/leased_backend_internal.h"
#include "serve/members_internal.h"
#include "serve/report_file_internal.h"
#include "serve/report_page.h"
#include "serve/work_internal.h"

namespace videogen::serve {
namespace {

namespace fs = std::filesystem;
using generate::Generation;
using generate::Stage;

constexpr std::string_view kClipName = "clip.mp4";

Result<generate::Wish> read_wish(Members& members, const GenerationService& service,
                                 bool has_picture) {
  constexpr int kMostSeconds = 3600;
  generate::Wish wish;
  VIDEOGEN_TRY(wish.model, members.text("model"));
  VIDEOGEN_TRY(const auto priority, members.text("priority"));
  if (!service.backend.empty()) wish.backend = service.backend;
  if (priority && wish.model && *priority != "long")
    return fail(ErrorCode::usage,
                "model names the model and priority would choose one: give either");
  if (priority) {
    VIDEOGEN_TRY(wish.priority, generate::parse_priority(*priority));
  }
  VIDEOGEN_TRY(const auto seconds, members.whole("seconds", 1, kMostSeconds));
  if (seconds) wish.seconds = static_cast<int>(*seconds);
  VIDEOGEN_TRY(wish.aspect_ratio, members.text("aspect"));
  VIDEOGEN_TRY(wish.resolution, members.text("resolution"));
  VIDEOGEN_TRY(wish.seed, members.whole("seed", 0, std::numeric_limits<std::int64_t>::max()));
  VIDEOGEN_TRY(const auto mute, members.flag("no_audio"));
  if (mute.value_or(false)) wish.audio = false;
  wish.image = has_picture;
  return wish;
}

Status read_limits(Members& members, const GenerationService& service, generate::RunOptions& run) {
  VIDEOGEN_TRY(const auto candidates, members.whole("candidates", 1, 100));
  VIDEOGEN_TRY(const auto clips, members.whole("max_clips", 1, 1000));
  VIDEOGEN_TRY(const auto cost, members.number("max_cost", 0, 1'000'000));
  VIDEOGEN_TRY(const auto deadline, members.number("deadline", 0.001, 7 * 86'400));
  if (clips && *clips > service.max_clips)
    return fail(ErrorCode::limit, fmt::format("max_clips {}: this service allows a job {}", *clips,
                                              service.max_clips));
  if (cost && *cost > service.max_cost_usd)
    return fail(ErrorCode::limit, fmt::format("max_cost {}: this service allows a job {}", *cost,
                                              generate::usd_text(service.max_cost_usd)));
  run.candidates = static_cast<int>(candidates.value_or(1));
  run.max_clips = static_cast<int>(clips.value_or(service.max_clips));
  run.max_cost_usd = cost.value_or(service.max_cost_usd);
  if (run.candidates > run.max_clips)
    return fail(ErrorCode::usage, fmt::format("candidates {} are more than max_clips {}",
                                              run.candidates, run.max_clips));
  if (deadline) run.deadline = std::chrono::milliseconds(std::llround(1000 * *deadline));
  run.poll = service.poll;
  return {};
}

Status read_judging(Members& members, coherence::Options& options) {
  VIDEOGEN_TRY(const auto fps, members.number("fps", 0, 1000));
  if (fps) {
    const auto rate = media::parse_rate(fmt::format("{}", *fps));
    if (!rate)
      return fail(ErrorCode::usage,
                  fmt::format("fps {}: must be a rate over 0 and at most 1000", *fps));
    options.fps = *rate;
  }
  VIDEOGEN_TRY(const auto threshold, members.number("threshold", -1, 1));
  options.threshold = threshold.value_or(options.threshold);
  VIDEOGEN_TRY(const auto multi, members.flag("multi_shot"));
  options.multi_shot = multi.value_or(false);
  return {};
}

// What of a job's stages the loop tells.
class Telling {
 public:
  Telling(JobRun& run, WorkStage& whole) : run_(run), whole_(whole) {}

  [[nodiscard]] generate::Hooks hooks() {
    generate::Hooks hooks;
    hooks.stage = [this](Stage stage, const generate::Attempt& attempt) { at(stage, attempt); };
    hooks.working = [this](int percent) { whole_.progress(0.1 + 0.006 * percent, 1); };
    hooks.fetching = [this](std::uint64_t done, std::optional<std::uint64_t> total) {
      if (total && *total > 0) whole_.progress(0.7 + 0.1 * double(done) / double(*total), 1);
    };
    hooks.validating = [this](const coherence::Progress& progress) {
      if (progress.total && *progress.total > 0)
        whole_.progress(0.8 + 0.15 * double(progress.samples) / double(*progress.total), 1);
    };
    hooks.says = [this](std::string_view line) { run_.says(line); };
    return hooks;
  }

 private:
  void at(Stage stage, const generate::Attempt& attempt) {
    if (stage == Stage::submitted)
      run_.says(fmt::format("clip {} is ordered of {}", attempt.number, attempt.model));
    if (stage == Stage::submitted || stage == Stage::polled) whole_.progress(0.1, 1);
    if (stage == Stage::ended)
      run_.says(fmt::format("clip {}: {}{}{}", attempt.number, generate::name(attempt.state),
                            attempt.error.empty() ? "" : ": ", attempt.error));
  }

  JobRun& run_;
  WorkStage& whole_;
};

// A run whose end was written down, but not the job's: what is left of it.
Result<Generation> remains(const generate::Journal& journal, const generate::RunRecord& record,
                           const fs::path& clip, const embed::Chosen& embedder,
                           const coherence::Options& validation, const std::stop_token& stop) {
  Generation generation;
  generation.backend = record.backend;
  generation.notes.emplace_back(
      "the service ended just as this generation did: its clip is validated anew");
  VIDEOGEN_TRY(const auto submits, journal.submits(record.id));
  for (const generate::SubmitRecord& submit : submits) {
    generate::Attempt attempt = generate::attempt_of(submit);
    generation.model = attempt.model;
    generation.operation = attempt.operation;
    generation.price_known = submit.order.price_known;
    generation.attempts.push_back(std::move(attempt));
  }
  std::error_code ignored;
  if (!fs::exists(clip, ignored)) {
    generation.error = Error{ErrorCode::corrupt,
                             generation.attempts.empty() ? "" : generation.attempts.back().error,
                             std::source_location::current()};
    return generation;
  }
  VIDEOGEN_TRY(generation.report,
               coherence::validate({clip, clip.string()}, embedder, validation, stop));
  generation.output = clip;
  generation.status = generation.report->verdict == coherence::Verdict::pass
                          ? Generation::Status::completed
                          : Generation::Status::rejected;
  return generation;
}

}  // namespace

std::string as_members(std::string_view message) {
  std::string out;
  while (!message.empty()) {
    const bool flag = message.size() > 2 && message.starts_with("--") &&
                      std::islower(static_cast<unsigned char>(message[2])) != 0;
    if (!flag) {
      out += message.front();
      message.remove_prefix(1);
      continue;
    }
    message.remove_prefix(2);
    while (!message.empty() && (std::islower(static_cast<unsigned char>(message.front())) != 0 ||
                                message.front() == '-')) {
      out += message.front() == '-' ? '_' : message.front();
      message.remove_prefix(1);
    }
  }
  return out;
}

Result<GenerationRequest> parse_generation(std::string_view request,
                                           const GenerationService& service, bool has_picture) {
  VIDEOGEN_TRY(Members members, Members::parse(request));
  GenerationRequest asked;
  VIDEOGEN_TRY(const auto words, members.text("prompt"));
  VIDEOGEN_TRY(const auto negative, members.text("negative"));
  VIDEOGEN_TRY(const auto style_name, members.text("style"));
  VIDEOGEN_TRY(const generate::Wish wish, read_wish(members, service, has_picture));
  VIDEOGEN_TRY(read_limits(members, service, asked.run));
  VIDEOGEN_TRY(read_judging(members, asked.run.validation));
  VIDEOGEN_TRY(members.done());
  if (!words) return fail(ErrorCode::usage, "a generation needs a prompt: \"prompt\"");
  asked.words = *words;
  asked.run.validation.prompt = *words;
  std::optional<generate::Style> style;
  if (style_name && *style_name != "none") {
    VIDEOGEN_TRY(style, generate::find_style(generate::shipped_styles(), *style_name));
  }
  VIDEOGEN_TRY(const generate::Choice choice, generate::choose(service.models, wish));
  VIDEOGEN_TRY(
      generate::PlannedOrder planned,
      generate::plan_order(choice, *words, negative.value_or(""), std::move(style), wish.seed));
  if (!planned.order.price_known && planned.order.backend == "veo")
    return fail(ErrorCode::usage,
                fmt::format("the price of {} is not known, and without it the job's limit of {} "
                            "cannot be kept",
                            planned.order.model, generate::usd_text(asked.run.max_cost_usd)));
  VIDEOGEN_TRY(generate::check_round(planned.order, asked.run.candidates, asked.run.max_cost_usd,
                                     planned.price_from));
  asked.run.order = std::move(planned.order);
  asked.run.requests_per_minute = planned.requests_per_minute.value_or(0);
  asked.run.most_prompt = planned.most_prompt;
  return asked;
}

Status Work::check_generation(std::string_view request, bool has_picture) const {
  VIDEOGEN_TRY([[maybe_unused]] const GenerationRequest asked,
               parse_generation(request, *options_.generation, has_picture));
  return {};
}

Ending Work::ending_of(const Job& job, JobRun& run, const Generation& generation) {
  using Json = nlohmann::ordered_json;
  Ending ending;
  Json result = Json::parse(to_json(generation, coherence::JsonLayout::one_line));
  if (generation.output) {
    ending.output = *generation.output;
    // Where it lies on this machine is nobody's business.
    result["output"] = fmt::format("/v1/jobs/{}/output", job.id);
  }
  ending.result = result.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (generation.status == Generation::Status::failed) {
    ending.state = JobState::failed;
    ending.error =
        generation.error.value_or(Error{ErrorCode::internal, "no clip came, and nobody knows why",
                                        std::source_location::current()});
    ending.error->message = as_members(ending.error->message);
    ending.message = ending.error->message;
    return ending;
  }
  ending.message = generation.status == Generation::Status::completed
                       ? "a clip is delivered, and it passes"
                       : "a clip is delivered: the best, and none passes";
  if (generation.report) {
    count(*generation.report);
    Status page = save_report(report_data(options_.data, job), *generation.report);
    if (page && options_.pages_at_once) {
      Job made = job;
      made.output = *generation.output;
      page = make_page(made, run.stop());
    }
    if (!page) run.says("the report has no page: " + page.error().message);
    run.artifact(report_artifact(
        job, coherence::to_json(*generation.report, coherence::JsonLayout::one_line)));
  }
  run.artifact({"clip", "clip", "The clip that was made",
                fmt::format(R"([{{"url":"/v1/jobs/{}/output","mediaType":"video/mp4",)"
                            R"("filename":"clip.mp4"}}])",
                            job.id)});
  return ending;
}

Ending Work::generate(const Job& job, JobRun& run) {
  const GenerationService& service = *options_.generation;
  const auto go = [&]() -> Result<Generation> {
    VIDEOGEN_TRY(GenerationRequest asked,
                 parse_generation(job.request, service, !job.input.empty()));
    if (!job.input.empty()) {
      // Decoded once: a broken one would be paid for.
      VIDEOGEN_TRY([[maybe_unused]] const auto picture, media::read_picture(job.input));
      asked.run.order.image = job.input;
    }
    asked.run.output = run.folder() / kClipName;
    asked.run.existing = AtomicFile::Existing::replace;
    VIDEOGEN_TRY(generate::Journal journal, generate::Journal::open(options_.data / "orders"));
    VIDEOGEN_TRY(const auto before, journal.run_to(fmt::format("/jobs/{}/{}", job.id, kClipName)));
    VIDEOGEN_TRY(const auto open, journal.open_runs());
    const bool is_open = before && std::ranges::any_of(open, [&](const generate::RunRecord& one) {
                           return one.id == before->id;
                         });
    WorkStage stage(job, run, metrics_, telemetry_, "generate", 0, 0.95);
    if (before && !is_open)
      return remains(journal, *before, asked.run.output, options_.resident->embedder(),
                     asked.run.validation, run.stop());
    const net::HttpClient client;
    const std::string traceparent = stage.span().header();
    VIDEOGEN_TRY(const auto backend,
                 generate::make_backend(
                     {asked.run.order.backend, service.backend_url, before ? before->place : "",
                      service.body, service.storage_uri, [traceparent] { return traceparent; }},
                     client));
    LeasedBackend leased(*backend, *options_.resident, generation_memory(asked.run.order));
    Telling telling(run, stage);
    generate::Hooks hooks = telling.hooks();
    hooks.stage = [&leased, tell = std::move(hooks.stage)](Stage at,
                                                           const generate::Attempt& attempt) {
      // Judged: the next clip waits its turn.
      if (at == Stage::ended) leased.release();
      tell(at, attempt);
    };
    const generate::Means means{leased, journal, options_.resident->embedder(), hooks};
    if (!before) return generate::run(asked.run, means, run.stop());
    generate::ResumeOptions resume;
    resume.run = before->id;
    resume.output = asked.run.output;
    resume.existing = AtomicFile::Existing::replace;
    resume.deadline = asked.run.deadline;
    resume.poll = asked.run.poll;
    resume.validation = asked.run.validation;
    return generate::resume(resume, means, run.stop());
  };
  const Result<Generation> generation = go();
  if (generation) return ending_of(job, run, *generation);
  Ending ending;
  ending.state = JobState::failed;
  ending.error = generation.error();
  ending.error->message = as_members(ending.error->message);
  ending.message = ending.error->message;
  return ending;
}

}  // namespace videogen::serve
