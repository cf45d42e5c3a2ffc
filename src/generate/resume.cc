#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "generate/loop.h"
#include "generate/loop_internal.h"
#include "generate/session_internal.h"
#include "generate/settings_internal.h"
#include "generate/veo.h"

namespace videogen::generate {
namespace {

namespace fs = std::filesystem;
using AttemptState = Attempt::State;
using Row = SubmitRecord::State;

bool all_there(const std::vector<fs::path>& files) {
  std::error_code ignored;
  return !files.empty() &&
         std::ranges::all_of(files, [&](const fs::path& f) { return fs::exists(f, ignored); });
}

Generation failed(Generation generation, Error error) {
  generation.error = std::move(error);
  return generation;
}

// Takes up what lies in the journal.
class Resumption {
 public:
  Resumption(const ResumeOptions& options, const Means& means, const std::stop_token& stop,
             const coherence::Options& validation, fs::path output)
      : options_(options),
        means_(means),
        output_(std::move(output)),
        session_(means, stop, {options.deadline, options.poll, options.patience}, validation,
                 output_.string()) {}

  Generation go(Journal::OwnRun own) {
    session_.own(std::move(own));
    std::optional<Error> why;
    if (const Status done = follow(); !done) why = done.error();
    if (!why && session_.best() == nullptr) why = nothing();
    if (const Candidate* best = session_.best();
        best != nullptr && best->extended < session_.generation().extensions)
      session_.generation().notes.push_back(
          fmt::format("continued {} of {} times: resuming orders nothing new", best->extended,
                      session_.generation().extensions));
    return session_.finish(output_, options_.existing, std::move(why));
  }

 private:
  Status follow() {
    VIDEOGEN_TRY(const std::vector<SubmitRecord> submits,
                 means_.journal.submits(session_.record().id));
    std::vector<Followed> pending, there;
    for (const SubmitRecord& submit : submits) VIDEOGEN_TRY(take_up(submit, pending, there));
    for (Followed& followed : there) VIDEOGEN_TRY(session_.judge(followed));
    return session_.follow(pending);
  }

  Status take_up(const SubmitRecord& submit, std::vector<Followed>& pending,
                 std::vector<Followed>& there) {
    const bool named = !options_.operation.empty() && submit.operation == options_.operation;
    if (!options_.operation.empty() && !named) return {};
    Attempt attempt = attempt_of(submit);
    Generation& generation = session_.generation();
    generation.model = attempt.model;
    generation.price_known = submit.order.price_known;
    generation.extensions = submit.order.extensions;
    if (!attempt.operation.empty()) generation.operation = attempt.operation;
    Followed followed{submit.id,
                      session_.attempts().size(),
                      submit.order.samples,
                      std::chrono::steady_clock::now(),
                      submit.clips,
                      {}};
    if (submit.state == Row::submitting) {
      attempt.state = AttemptState::lost;
      attempt.error = "the program ended before a reply came";
      VIDEOGEN_TRY(
          means_.journal.ended(submit.id, Row::lost, "lost: " + attempt.error, submit.cost_usd));
    } else if (submit.state == Row::fetched && all_there(submit.clips)) {
      there.push_back(std::move(followed));
    } else if (submit.state == Row::running || submit.state == Row::fetched || named) {
      attempt.state = AttemptState::running;
      attempt.error.clear();
      followed.files.clear();
      pending.push_back(std::move(followed));
    }
    session_.attempts().push_back(std::move(attempt));
    return {};
  }

  // Why there is no clip.
  Error nothing() {
    const auto& attempts = session_.attempts();
    const auto lost = std::ranges::find(attempts, AttemptState::lost, &Attempt::state);
    if (lost != attempts.end()) return end_of(*lost);
    if (!attempts.empty()) return end_of(attempts.back());
    return {ErrorCode::not_found, "the run that is resumed has ordered nothing",
            std::source_location::current()};
  }

  const ResumeOptions& options_;
  const Means& means_;
  const fs::path output_;
  Session session_;
};

// An operation that somebody else ordered: written down as if it were ours.
Result<Journal::OwnRun> adopt(const ResumeOptions& options, const Means& means) {
  SubmitRecord submit;
  submit.order.backend = means.backend.name();
  if (means.backend.name() == "veo") {
    VIDEOGEN_TRY(const VeoOperation operation, parse_veo_operation(options.operation));
    submit.order.model = operation.model;
  }
  submit.note = "ordered elsewhere";
  VIDEOGEN_TRY(Journal::OwnRun own,
               means.journal.begin_run({.backend = means.backend.name(),
                                        .place = means.backend.place(),
                                        .settings = settings_json(options.validation),
                                        .output = fs::absolute(options.output)}));
  VIDEOGEN_TRY(const Journal::Begun begun, means.journal.begin_submit(own.record, submit, 0));
  VIDEOGEN_TRY(means.journal.accepted(begun.id, options.operation));
  return own;
}

Result<std::optional<RunRecord>> find_run(const Journal& journal, const std::string& id) {
  VIDEOGEN_TRY(const std::vector<RunRecord> open, journal.open_runs());
  for (const RunRecord& run : open)
    if (run.id == id) return std::optional(run);
  return fail(ErrorCode::not_found, fmt::format("run {} has come to its end", printable(id, 40)));
}

}  // namespace

Attempt attempt_of(const SubmitRecord& submit) {
  Attempt attempt;
  attempt.number = submit.number;
  attempt.operation = submit.operation;
  attempt.model = submit.order.model;
  attempt.prompt = submit.order.prompt;
  attempt.seed = submit.order.seed;
  attempt.cost_usd = submit.cost_usd;
  attempt.extended = submit.order.extended;
  if (submit.state == Row::ended || submit.state == Row::lost) {
    // "filtered: why", as it was written at the end.
    const auto colon = std::min(submit.note.find(": "), submit.note.size());
    attempt.state = attempt_state(std::string_view(submit.note).substr(0, colon));
    attempt.error = submit.note.substr(std::min(colon + 2, submit.note.size()));
  } else {
    attempt.change = submit.note;
  }
  return attempt;
}

Result<std::optional<RunRecord>> find_resumable(const Journal& journal,
                                                const std::string& operation) {
  if (!operation.empty()) return journal.run_of(operation);
  VIDEOGEN_TRY(std::vector<RunRecord> open, journal.open_runs());
  for (RunRecord& run : open) {
    VIDEOGEN_TRY(const std::optional<RunLock> lock, journal.lock(run.id));
    if (lock) return std::optional<RunRecord>(std::move(run));
  }
  return fail(ErrorCode::not_found,
              open.empty() ? "nothing to resume: every order has come to its end"
                           : "nothing to resume: other processes work on all that is open");
}

Generation resume(const ResumeOptions& options, const Means& means, const std::stop_token& stop) {
  Generation nothing;
  nothing.backend = means.backend.name();
  nothing.operation = options.operation;
  auto record = options.run.empty() ? find_resumable(means.journal, options.operation)
                                    : find_run(means.journal, options.run);
  if (!record) return failed(std::move(nothing), record.error());
  if (!*record) {
    if (options.output.empty())
      return failed(std::move(nothing),
                    {ErrorCode::usage,
                     fmt::format("{} is not in the journal: say where its clip goes with -o",
                                 printable(options.operation, 200)),
                     std::source_location::current()});
    auto own = adopt(options, means);
    if (!own) return failed(std::move(nothing), own.error());
    return Resumption(options, means, stop, options.validation, options.output).go(*std::move(own));
  }
  auto lock = means.journal.lock((*record)->id);
  if (!lock) return failed(std::move(nothing), lock.error());
  if (!*lock)
    return failed(std::move(nothing), {ErrorCode::usage,
                                       "another process works on this operation: wait for it, or "
                                       "end it first",
                                       std::source_location::current()});
  const fs::path output = options.output.empty() ? (*record)->output : options.output;
  const coherence::Options validation = settings_from_json((*record)->settings);
  return Resumption(options, means, stop, validation, output)
      .go({**std::move(record), **std::move(lock)});
}

}  // namespace videogen::generate
