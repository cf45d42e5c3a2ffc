#include <utility>

#include <fmt/format.h>

#include "serve/own_jobs_internal.h"

namespace videogen::serve {
namespace {

// A job that was running so often when the process died is taken for the reason. A generation is
// paid for, and waits more than it computes.
int most_runs(Skill skill) {
  constexpr int kUsual = 5, kPaid = 20;
  return skill == Skill::generate ? kPaid : kUsual;
}

}  // namespace

Result<std::unique_ptr<Jobs>> Jobs::open(const JobsOptions& options, Executor& executor) {
  VIDEOGEN_TRY(JobFiles files, JobFiles::open(options.data));
  VIDEOGEN_TRY(Store::Opened opened, Store::open(files.folder(), options.says));
  if (!opened.notes.empty()) {
    // The files of the old jobs went with their database.
    std::error_code failed;
    std::filesystem::create_directories(files.folder() / "jobs", failed);
  }
  auto jobs = std::make_unique<OwnJobs>(options, executor, std::move(files), std::move(opened));
  VIDEOGEN_TRY(jobs->begin());
  return jobs;
}

Status OwnJobs::begin() {
  VIDEOGEN_TRY(const std::vector<std::string> ids, store_->ids());
  files_.sweep(ids);
  VIDEOGEN_TRY(bytes_kept_, store_->bytes());
  VIDEOGEN_TRY(dispatched_, store_->last_event());
  VIDEOGEN_TRY(std::vector<StoredJob> left, store_->open_jobs());
  {
    const std::lock_guard lock(mutex_);
    for (StoredJob& stored : left) VIDEOGEN_TRY(take_up(std::move(stored)));
  }
  for (Lane& lane : lanes_)
    for (int i = 0; i < lane.workers; ++i) workers_.emplace_back([this, &lane] { work(lane); });
  maintenance_ = std::jthread([this](const std::stop_token& stop) { maintain(stop); });
  return {};
}

Status OwnJobs::take_up(StoredJob stored) {
  auto active = std::make_shared<ActiveJob>();
  active->stored = std::move(stored);
  Job& job = active->stored.job;
  active_.emplace(job.id, active);
  if (job.state == JobState::input_required) return {};
  if (job.state == JobState::queued) {
    queue(active);
    return {};
  }
  if (active->stored.cancel_asked) return end(*active, JobState::cancelled, "");
  const bool again = executor_.resumable(job, active->stored.checkpoint);
  if (again && job.runs < most_runs(job.skill)) {
    job.state = JobState::queued;
    job.stage.clear();
    job.progress = 0;
    JobEvent event;
    event.message = "the service was started anew: the job is taken up again";
    VIDEOGEN_TRY([[maybe_unused]] const JobEvent written, write(*active, std::move(event)));
    queue(active);
    return {};
  }
  job.error = Error{
      ErrorCode::internal,
      again ? fmt::format("the service ended {} times while this job ran: it is not tried again",
                          job.runs)
            : std::string("the service ended while this job ran, and what it did cannot be taken "
                          "up again"),
      std::source_location::current()};
  return end(*active, JobState::failed, job.error->message);
}

}  // namespace videogen::serve
