// The jobs of a data folder: what class Jobs says, over a Store and a FairQueue for each lane.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "serve/event_hub_internal.h"
#include "serve/fair_queue.h"
#include "serve/job_files_internal.h"
#include "serve/jobs.h"
#include "serve/store_internal.h"

namespace videogen::serve {

// A job without an end. All members are guarded by OwnJobs.
struct ActiveJob {
  using Clock = std::chrono::steady_clock;
  enum class Stop { none, cancelled, deadline, shutdown };

  StoredJob stored;
  bool running = false;
  std::stop_source stop{};
  Stop why = Stop::none;  // it was asked to stop
  Clock::time_point started{}, told{};
};

class OwnJobs final : public Jobs {
 public:
  OwnJobs(const JobsOptions& options, Executor& executor, JobFiles files, Store::Opened opened);
  ~OwnJobs() override;
  // Takes up what the last process left behind, and begins to work. Errors: unwritable.
  [[nodiscard]] Status begin();

  const std::vector<std::string>& notes() const override { return notes_; }
  tl::expected<Submitted, Refusal> submit(Submission submission) override;
  Result<Job> find(std::string_view tenant, std::string_view id) const override;
  Result<JobPage> list(std::string_view tenant, const JobQuery& query) const override;
  Result<Job> cancel(std::string_view tenant, std::string_view id) override;
  Result<Job> answer(std::string_view tenant, std::string_view id, Submission submission) override;
  Result<std::filesystem::path> receive(std::string_view bytes) override;
  Result<std::unique_ptr<Subscription>> subscribe(std::string_view tenant, std::string_view id,
                                                  std::int64_t after) override;
  void on_event(std::function<void(const Job&, const JobEvent&)> told) override;
  Status keep(std::string_view job, std::string_view key, std::string_view value) override;
  std::vector<std::pair<std::string, std::string>> kept(std::string_view job,
                                                        std::string_view prefix) const override;
  Status forget(std::string_view job, std::string_view key) override;
  void recount(std::string_view id) override;
  Load load() const override;
  Status check_writable() override { return store_->check_writable(); }
  void shut_down(std::chrono::milliseconds deadline) override;

 private:
  friend class OwnRun;
  using Clock = std::chrono::steady_clock;
  using Active = std::shared_ptr<ActiveJob>;
  struct Lane {
    FairQueue queue;
    int workers = 1, running = 0;
    std::deque<double> took_s;  // of the last jobs
  };
  Lane& lane_of(Skill skill) { return lanes_[skill == Skill::generate ? 1 : 0]; }

  // own_jobs.cc; these and the following hold the lock unless they say otherwise.
  [[nodiscard]] Result<JobEvent> write(ActiveJob& active, JobEvent event);
  [[nodiscard]] Status end(ActiveJob& active, JobState state, std::string message);
  void queue(const Active& active);
  [[nodiscard]] double seconds_per_job(const Lane& lane) const;
  [[nodiscard]] Active active(std::string_view tenant, std::string_view id) const;

  // own_jobs_begin.cc
  [[nodiscard]] Status take_up(StoredJob stored);

  // own_jobs_submit.cc
  [[nodiscard]] std::optional<tl::expected<Submitted, Refusal>> replay(const Submission&) const;
  [[nodiscard]] std::optional<Refusal> full(const Submission& submission, std::int64_t bytes);
  [[nodiscard]] tl::expected<Submitted, Refusal> accept(Submission submission);

  // own_jobs_work.cc; without the lock
  void work(Lane& lane);
  void run(Lane& lane, const Active& active);
  void finish(Lane& lane, const Active& active, Ending ending);
  [[nodiscard]] bool settle(ActiveJob& active, Ending& ending);

  // own_jobs_keep.cc
  void maintain(const std::stop_token& stop);
  void stop_late_ones();  // without the lock
  void make_room(std::int64_t bytes);
  bool drop(const Store::Ended& ended);  // false: it could not be removed
  void dispatch(const std::stop_token& stop);

  const JobsOptions options_;
  Executor& executor_;
  const JobFiles files_;
  const std::unique_ptr<Store> store_;
  std::vector<std::string> notes_;
  EventHub hub_;

  mutable std::mutex mutex_;  // guards what follows; never held while an executor runs
  std::condition_variable changed_;
  std::map<std::string, Active, std::less<>> active_;
  std::array<Lane, 2> lanes_;
  std::int64_t bytes_kept_ = 0;
  bool draining_ = false, quitting_ = false;
  std::vector<std::function<void(const Job&, const JobEvent&)>> told_;
  std::int64_t dispatched_ = 0;
  std::vector<std::thread> workers_;
  std::jthread maintenance_, dispatcher_;
};

// What an executor is given.
class OwnRun final : public JobRun {
 public:
  OwnRun(OwnJobs& jobs, std::shared_ptr<ActiveJob> active);
  void progress(double fraction, std::string_view stage) override;
  void says(std::string_view line) override;
  void artifact(const Artifact& artifact, bool append, bool last_chunk) override;
  void message(std::string_view json) override;
  void keep_checkpoint(std::string_view data) override;
  std::string checkpoint() const override;
  std::stop_token stop() const override { return stop_; }
  std::filesystem::path folder() const override { return folder_; }

 private:
  // Writes until it is done: a full disk may have room again. After some time the job is stopped.
  void insist(JobEvent event);

  OwnJobs& jobs_;
  const std::shared_ptr<ActiveJob> active_;
  std::stop_token stop_;
  std::filesystem::path folder_;
};

}  // namespace videogen::serve
