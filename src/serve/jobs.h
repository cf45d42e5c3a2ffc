// The service's jobs: accepted, queued fairly, run by workers, kept, and told about.
//
// Everything is written before it is acknowledged or told (SQLite, WAL, one writer); a data
// folder belongs to one process, which holds a lock on it. Thread-safe. A caller sees only the
// jobs of its own tenant: others' are not_found.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "serve/executor.h"
#include "serve/job.h"

namespace videogen::serve {

struct JobsOptions {
  std::filesystem::path data{};                         // created if it is absent
  int workers = 2;                                      // for validate and enhance, which compute
  int generate_workers = 8;                             // for generate, which waits
  int max_queued = 256;                                 // over all tenants
  int max_queued_per_tenant = 128;                      // of them
  std::chrono::seconds retention{7 * 24 * 3600};        // of ended jobs with their files
  std::uint64_t quota_bytes = std::uint64_t{20} << 30;  // of files; the oldest ended go first
  std::chrono::seconds longest_run{3600};               // then a job has failed
  // Told, in a line, what opening waits for: another process holds the database.
  std::function<void(std::string_view)> says{};
};

// What somebody asks for.
struct Submission {
  std::string tenant{};
  Skill skill = Skill::validate;
  std::string request = "{}";  // as the caller wrote it; Executor::check() completes it
  // An upload, which submit() moves into the data folder; empty: none.
  std::filesystem::path upload{};
  std::string upload_name{};
  int priority = 0;
  std::string traceparent{};
  // The same key of the same tenant within the retention gives the same job; with another
  // `digest` (of all that makes the request what it is) it is refused. Empty: no key.
  std::string idempotency_key{}, digest{};
  // A2A: its conversation and first message (JSON), and whether it waits for the caller instead
  // of being queued (JobState::input_required, with a question in `question`), or is refused.
  std::string context{}, message{}, question{};
};

struct Submitted {
  Job job;
  bool replayed = false;  // the key was known: nothing was begun
};

struct JobQuery {
  int limit = 50;      // 1…100
  std::string page{};  // of JobPage::next; empty: from the newest
  std::optional<JobState> state{};
  std::optional<Skill> skill{};
  std::string context{};
  std::optional<std::int64_t> updated_since_ms{};
};
struct JobPage {
  std::vector<Job> jobs;  // newest change first; without messages and artifacts
  std::string next;       // empty at the end
  std::int64_t total = 0;
};

// Why nothing was accepted.
struct Refusal {
  Error error;  // budget: the queue is full; usage, unsupported, …: as Executor::check()
  bool conflict = false;                            // the key was used for another request
  std::optional<std::chrono::seconds> retry_after;  // from how fast the queue drains
};

// The events of one job (or of all jobs of a tenant) from some id on. Bounded: a reader that is
// too slow loses progress events first (only the newest is kept), and never an end.
class Subscription {
 public:
  virtual ~Subscription() = default;
  // The next event; nullopt if none came within `wait`.
  [[nodiscard]] virtual std::optional<JobEvent> next(std::chrono::milliseconds wait) = 0;
  // The job has ended and every event of it was given.
  [[nodiscard]] virtual bool over() const = 0;
};

struct Load {
  int queued = 0, running = 0, workers = 0;
  double seconds_per_job = 0;  // of late, by one worker; 0: not known yet
  std::uint64_t bytes_kept = 0;
  bool draining = false;
};

class Jobs {
 public:
  // Jobs that a crash left behind are queued again or failed with the reason. A database that is
  // damaged is kept under another name, and an empty one begun; `notes` say so.
  // Errors: unwritable, unreachable (another process owns the folder).
  static Result<std::unique_ptr<Jobs>> open(const JobsOptions& options, Executor& executor);
  virtual ~Jobs() = default;

  [[nodiscard]] virtual const std::vector<std::string>& notes() const = 0;

  [[nodiscard]] virtual tl::expected<Submitted, Refusal> submit(Submission submission) = 0;
  // Errors: not_found.
  [[nodiscard]] virtual Result<Job> find(std::string_view tenant, std::string_view id) const = 0;
  // Errors: usage (no such page).
  [[nodiscard]] virtual Result<JobPage> list(std::string_view tenant,
                                             const JobQuery& query) const = 0;
  // Ended jobs stay as they are. A running one ends soon after. Errors: not_found.
  [[nodiscard]] virtual Result<Job> cancel(std::string_view tenant, std::string_view id) = 0;
  // To a job that waits for input: another message, and either the completed request and its
  // skill, with which it is queued, or the next question. Errors: not_found, usage (it does not
  // wait).
  [[nodiscard]] virtual Result<Job> answer(std::string_view tenant, std::string_view id,
                                           Submission submission) = 0;

  // A file for what a caller sends, on the disk of the data folder: Submission::upload takes it.
  // Whoever does not submit it removes it; what is left is gone at the next start.
  // Errors: unwritable (disk full).
  [[nodiscard]] virtual Result<std::filesystem::path> receive(std::string_view bytes) = 0;

  // `after`: JobEvent::id; 0 for all that is kept. `id` empty: all jobs of the tenant.
  // Errors: not_found.
  [[nodiscard]] virtual Result<std::unique_ptr<Subscription>> subscribe(std::string_view tenant,
                                                                        std::string_view id,
                                                                        std::int64_t after) = 0;
  // Called for every event after it was written, in order, from one thread; for push
  // notifications and metrics. Must not block for long. Before the first submit.
  virtual void on_event(std::function<void(const Job&, const JobEvent&)> told) = 0;

  // Small values of other parts of the service (push configurations), by tenant and key, kept
  // as long as the job they belong to.
  virtual Status keep(std::string_view job, std::string_view key, std::string_view value) = 0;
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> kept(
      std::string_view job, std::string_view prefix) const = 0;
  virtual Status forget(std::string_view job, std::string_view key) = 0;

  // The files of an ended job have grown: counts them again.
  virtual void recount(std::string_view id) = 0;

  [[nodiscard]] virtual Load load() const = 0;
  // Whether a job could be written down now. Errors: unwritable.
  [[nodiscard]] virtual Status check_writable() = 0;

  // No more jobs; waits for running ones until the deadline, then stops them: what can be taken
  // up is queued again at the next start. Once.
  virtual void shut_down(std::chrono::milliseconds deadline) = 0;
};

}  // namespace videogen::serve
