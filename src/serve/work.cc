#include "serve/work.h"

#include <exception>
#include <utility>

#include <fmt/format.h>

#include "serve/work_internal.h"

namespace videogen::serve {
namespace {

Ending failed(Error error) {
  Ending ending;
  ending.state = JobState::failed;
  ending.message = error.message;
  ending.error = std::move(error);
  return ending;
}

}  // namespace

std::unique_ptr<Executor> make_work(WorkOptions options, Metrics& metrics,
                                    net::Telemetry& telemetry) {
  return std::make_unique<Work>(std::move(options), metrics, telemetry);
}

std::optional<std::string> Work::lacks(Skill skill) const {
  switch (skill) {
    case Skill::validate:
      return std::nullopt;
    case Skill::enhance:
      return "this version of videogen has no enhance yet";
    case Skill::generate:
      break;
  }
  if (options_.generation) return std::nullopt;
  return "this service does not generate: it was started without a back end (--backend, or the "
         "environment that names Google's)";
}

Result<std::string> Work::check(Skill skill, std::string_view request, bool has_upload) const {
  if (const auto why = lacks(skill)) return fail(ErrorCode::unsupported, *why);
  if (skill == Skill::validate) {
    VIDEOGEN_TRY(check_validation(request, has_upload));
    return std::string(request);
  }
  if (const Status checked = check_generation(request, has_upload); !checked)
    return fail(checked.error().code, as_members(checked.error().message), checked.error().where);
  return std::string(request);
}

Ending Work::run(const Job& job, JobRun& run) {
  if (job.skill == Skill::generate) return generate(job, run);
  Result<Ending> ending = validate(job, run);
  return ending ? *std::move(ending) : failed(ending.error());
}

// What only reads may be done again; a generation takes up what the journal of orders has.
bool Work::resumable(const Job& job, std::string_view) const { return !lacks(job.skill); }

WorkStage::WorkStage(const Job& job, JobRun& run, Metrics& metrics, net::Telemetry& telemetry,
                     std::string name, double from, double to)
    : job_(job), run_(run), metrics_(metrics), name_(std::move(name)), from_(from), to_(to) {
  span_ = telemetry.start(
      name_, net::SpanKind::internal,
      {{"videogen.job.id", job.id}, {"videogen.job.skill", std::string(serve::name(job.skill))}},
      net::parse_traceparent(job.traceparent));
  run_.progress(from_, name_);
}

WorkStage::~WorkStage() {
  metrics_.stage(job_.skill, name_, std::chrono::steady_clock::now() - began_);
}

void WorkStage::progress(double done, double total) {
  const double share = total > 0 ? std::min(1.0, done / total) : 0;
  run_.progress(from_ + share * (to_ - from_), name_);
}

}  // namespace videogen::serve
