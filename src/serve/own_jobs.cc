#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "serve/own_jobs_internal.h"

namespace videogen::serve {

OwnJobs::OwnJobs(const JobsOptions& options, Executor& executor, JobFiles files,
                 Store::Opened opened)
    : options_(options),
      executor_(executor),
      files_(std::move(files)),
      store_(std::move(opened.store)),
      notes_(std::move(opened.notes)) {
  lanes_[0].workers = std::max(1, options.workers);
  lanes_[1].workers = std::max(1, options.generate_workers);
}

OwnJobs::~OwnJobs() { shut_down(std::chrono::milliseconds(0)); }

Result<JobEvent> OwnJobs::write(ActiveJob& active, JobEvent event) {
  VIDEOGEN_TRY(JobEvent written, store_->write(active.stored, std::move(event)));
  hub_.announce(active.stored.job.tenant, written);
  return written;
}

Status OwnJobs::end(ActiveJob& active, JobState state, std::string message) {
  const StoredJob before = active.stored;
  Job& job = active.stored.job;
  job.state = state;
  job.stage.clear();
  job.ended_ms = unix_ms();
  if (state == JobState::completed) job.progress = 1;
  const std::int64_t bytes = files_.bytes(job.id);
  active.stored.bytes = bytes;
  JobEvent event;
  event.message = std::move(message);
  if (const auto written = write(active, std::move(event)); !written) {
    active.stored = before;
    return tl::unexpected(written.error());
  }
  bytes_kept_ += bytes - before.bytes;
  [[maybe_unused]] const Status thinner = store_->thin_out(job.id);
  active_.erase(job.id);
  return {};
}

void OwnJobs::queue(const Active& active) {
  const Job& job = active->stored.job;
  lane_of(job.skill).queue.push({job.id, job.tenant, job.priority, Clock::now()});
  changed_.notify_all();
}

double OwnJobs::seconds_per_job(const Lane& lane) const {
  if (!lane.took_s.empty())
    return std::accumulate(lane.took_s.begin(), lane.took_s.end(), 0.0) /
           static_cast<double>(lane.took_s.size());
  // Nothing has ended yet: it takes at least as long as what runs has taken.
  double longest = 0;
  for (const auto& [id, active] : active_)
    if (active->running)
      longest =
          std::max(longest, std::chrono::duration<double>(Clock::now() - active->started).count());
  return longest;
}

OwnJobs::Active OwnJobs::active(std::string_view tenant, std::string_view id) const {
  const auto at = active_.find(id);
  const bool own = at != active_.end() && at->second->stored.job.tenant == tenant;
  return own ? at->second : nullptr;
}

Result<Job> OwnJobs::find(std::string_view tenant, std::string_view id) const {
  const auto nobody = [id] {
    return fail(ErrorCode::not_found, fmt::format("there is no job {}", printable(id, 60)));
  };
  if (tenant.empty()) return nobody();
  VIDEOGEN_TRY(std::optional<Job> job, store_->find(tenant, id));
  if (!job) return nobody();
  return *std::move(job);
}

Result<JobPage> OwnJobs::list(std::string_view tenant, const JobQuery& query) const {
  return store_->list(tenant, query);
}

Result<std::filesystem::path> OwnJobs::receive(std::string_view bytes) {
  return files_.receive(bytes);
}

Result<std::unique_ptr<Subscription>> OwnJobs::subscribe(std::string_view tenant,
                                                         std::string_view id, std::int64_t after) {
  auto made = std::make_unique<StoreSubscription>(hub_, *store_, std::string(tenant),
                                                  std::string(id), after);
  if (id.empty()) return made;
  // After the subscription was made, so that an end between the two is not missed.
  VIDEOGEN_TRY(const Job job, find(tenant, id));
  if (is_end(job.state)) made->ends_at(job.last_event);
  return made;
}

Status OwnJobs::keep(std::string_view job, std::string_view key, std::string_view value) {
  return store_->keep(job, key, value);
}

std::vector<std::pair<std::string, std::string>> OwnJobs::kept(std::string_view job,
                                                               std::string_view prefix) const {
  return store_->kept(job, prefix).value_or(std::vector<std::pair<std::string, std::string>>());
}

Status OwnJobs::forget(std::string_view job, std::string_view key) {
  return store_->forget(job, key);
}

Load OwnJobs::load() const {
  const std::lock_guard lock(mutex_);
  Load load;
  for (const Lane& lane : lanes_) {
    load.queued += static_cast<int>(lane.queue.size());
    load.running += lane.running;
  }
  load.workers = lanes_[0].workers;
  if (!executor_.lacks(Skill::generate)) load.workers += lanes_[1].workers;
  load.seconds_per_job = seconds_per_job(lanes_[0]);
  load.bytes_kept = static_cast<std::uint64_t>(std::max<std::int64_t>(0, bytes_kept_));
  load.draining = draining_;
  return load;
}

void OwnJobs::shut_down(std::chrono::milliseconds deadline) {
  std::vector<Active> stopped;
  {
    std::unique_lock lock(mutex_);
    if (quitting_) return;
    draining_ = true;
    changed_.notify_all();
    const auto idle = [this] { return lanes_[0].running + lanes_[1].running == 0; };
    if (!changed_.wait_for(lock, deadline, idle)) {
      for (const auto& [id, active] : active_) {
        if (!active->running) continue;
        if (active->why == ActiveJob::Stop::none) active->why = ActiveJob::Stop::shutdown;
        stopped.push_back(active);
      }
    }
  }
  // What listens to a stop may call back into this.
  for (const Active& active : stopped) active->stop.request_stop();
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return lanes_[0].running + lanes_[1].running == 0; });
    quitting_ = true;
    changed_.notify_all();
  }
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
  maintenance_ = {};
  dispatcher_ = {};
}

}  // namespace videogen::serve
