#include <exception>
#include <utility>

#include <fmt/format.h>

#include "serve/own_jobs_internal.h"

namespace videogen::serve {
namespace {

constexpr std::size_t kRemembered = 32;  // durations of jobs
constexpr std::chrono::milliseconds kUntilNextTry{500};

Ending failed(ErrorCode code, std::string message) {
  Ending ending;
  ending.state = JobState::failed;
  ending.message = message;
  ending.error = Error{code, std::move(message), std::source_location::current()};
  return ending;
}

}  // namespace

void OwnJobs::work(Lane& lane) {
  for (;;) {
    Active next;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return quitting_ || (!draining_ && lane.queue.size() > 0); });
      if (quitting_) return;
      const auto waiting = lane.queue.pop(Clock::now());
      next = active_.at(waiting->job);
      const StoredJob before = next->stored;
      Job& job = next->stored.job;
      job.state = JobState::running;
      job.progress = 0;
      ++job.runs;
      if (job.started_ms == 0) job.started_ms = unix_ms();
      if (!write(*next, {})) {
        // No room on the disk: it waits on, and what would start it comes again.
        next->stored = before;
        lane.queue.push(*waiting);
        changed_.wait_for(lock, kUntilNextTry, [&] { return quitting_; });
        continue;
      }
      next->running = true;
      next->started = Clock::now();
      ++lane.running;
    }
    run(lane, next);
  }
}

void OwnJobs::run(Lane& lane, const Active& active) {
  Job job;
  {
    const std::lock_guard lock(mutex_);
    job = active->stored.job;
  }
  OwnRun told(*this, active);
  Ending ending;
  try {
    ending = executor_.run(job, told);
  } catch (const std::exception& broken) {
    ending =
        failed(ErrorCode::internal, fmt::format("internal error: {}", printable(broken.what())));
  }
  finish(lane, active, std::move(ending));
}

// Which state a job has after its run; false: it is to be queued again.
bool OwnJobs::settle(ActiveJob& active, Ending& ending) {
  using Stop = ActiveJob::Stop;
  if (ending.state == JobState::completed || active.why == Stop::none) return true;
  switch (active.why) {
    case Stop::cancelled:
      ending.state = JobState::cancelled;
      ending.error.reset();
      ending.message.clear();
      break;
    case Stop::deadline:
      ending = failed(ErrorCode::limit, fmt::format("not done within {} s, which a job may take",
                                                    options_.longest_run.count()));
      break;
    case Stop::shutdown:
      if (executor_.resumable(active.stored.job, active.stored.checkpoint)) return false;
      ending = failed(ErrorCode::interrupted,
                      "the service ended while this job ran, and what it did cannot be taken up "
                      "again");
      break;
    case Stop::none:
      break;
  }
  return true;
}

void OwnJobs::finish(Lane& lane, const Active& active, Ending ending) {
  std::unique_lock lock(mutex_);
  const bool over = settle(*active, ending);
  Job& job = active->stored.job;
  if (over) {
    job.result = std::move(ending.result);
    job.output = std::move(ending.output);
    job.error = std::move(ending.error);
  }
  // An end is written down whatever it takes; a process that ends before leaves the job running,
  // for the next one to settle.
  for (;;) {
    Status written;
    if (over && is_end(ending.state)) {
      written = end(*active, ending.state, ending.message);
    } else {
      const StoredJob before = active->stored;
      job.state = over ? ending.state : JobState::queued;
      job.stage.clear();
      if (!over) --job.runs;  // it did not fail: nobody counts this against it
      JobEvent event;
      event.message = ending.message;
      if (const auto done = write(*active, std::move(event)); !done) {
        active->stored = before;
        written = tl::unexpected(done.error());
      }
    }
    if (written) break;
    const bool leaving = changed_.wait_for(lock, kUntilNextTry, [&] { return draining_; });
    if (leaving) break;
  }
  active->running = false;
  --lane.running;
  lane.took_s.push_back(std::chrono::duration<double>(Clock::now() - active->started).count());
  if (lane.took_s.size() > kRemembered) lane.took_s.pop_front();
  changed_.notify_all();
}

OwnRun::OwnRun(OwnJobs& jobs, std::shared_ptr<ActiveJob> active)
    : jobs_(jobs), active_(std::move(active)) {
  const std::lock_guard lock(jobs_.mutex_);
  stop_ = active_->stop.get_token();
  folder_ = jobs_.files_.of_job(active_->stored.job.id);
  std::error_code ignored;
  std::filesystem::create_directories(folder_, ignored);
}

void OwnRun::progress(double fraction, std::string_view stage) {
  constexpr std::chrono::milliseconds kOften{500}, kStages{50};
  const std::lock_guard lock(jobs_.mutex_);
  Job& job = active_->stored.job;
  job.progress = std::min(1.0, std::max(job.progress, fraction));
  const bool other = job.stage != stage;
  job.stage = stage;
  const auto now = ActiveJob::Clock::now();
  if (now - active_->told < (other ? kStages : kOften)) return;
  active_->told = now;
  JobEvent event;
  event.type = JobEvent::Type::progress;
  // Progress that could not be written is not told; the next one is.
  [[maybe_unused]] const auto written = jobs_.write(*active_, std::move(event));
}

void OwnRun::says(std::string_view line) {
  JobEvent event;
  event.message = printable(line, 2000);
  const std::lock_guard lock(jobs_.mutex_);
  [[maybe_unused]] const auto written = jobs_.write(*active_, std::move(event));
}

void OwnRun::insist(JobEvent event) {
  constexpr int kTries = 20;
  for (int i = 0; i < kTries; ++i) {
    {
      std::unique_lock lock(jobs_.mutex_);
      if (jobs_.write(*active_, event)) return;
      jobs_.changed_.wait_for(lock, kUntilNextTry, [&] { return jobs_.draining_; });
    }
    if (stop_.stop_requested()) return;
  }
  active_->stop.request_stop();
}

void OwnRun::artifact(const Artifact& artifact, bool append, bool last_chunk) {
  JobEvent event;
  event.type = JobEvent::Type::artifact;
  event.artifact = artifact;
  event.append = append;
  event.last_chunk = last_chunk;
  insist(std::move(event));
}

void OwnRun::message(std::string_view json) {
  JobEvent event;
  event.type = JobEvent::Type::message;
  event.message = json;
  insist(std::move(event));
}

void OwnRun::keep_checkpoint(std::string_view data) {
  constexpr int kTries = 20;
  for (int i = 0; i < kTries && !stop_.stop_requested(); ++i) {
    std::unique_lock lock(jobs_.mutex_);
    active_->stored.checkpoint = data;
    if (jobs_.store_->write_quietly(active_->stored)) return;
    jobs_.changed_.wait_for(lock, kUntilNextTry, [&] { return jobs_.draining_; });
  }
  active_->stop.request_stop();
}

std::string OwnRun::checkpoint() const {
  const std::lock_guard lock(jobs_.mutex_);
  return active_->stored.checkpoint;
}

}  // namespace videogen::serve
