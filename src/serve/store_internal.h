// Jobs and their events on disk: a SQLite database (WAL, synchronous=FULL) with one writing and
// one reading connection. Thread-safe; readers don't wait for writers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "serve/job.h"
#include "serve/jobs.h"

namespace videogen::serve {

// A job as it is stored: with what its callers don't see.
struct StoredJob {
  Job job;
  std::string key, digest;  // idempotency
  std::string checkpoint;
  bool cancel_asked = false;
  std::int64_t bytes = 0;  // of its files
};

class Store {
 public:
  struct Opened {
    std::unique_ptr<Store> store;
    std::vector<std::string> notes;
  };
  using Says = std::function<void(std::string_view)>;
  // `folder` exists. A damaged database is renamed, with the files of its jobs, and an empty one
  // begun; one that another process holds is waited for, and `says` hears of it. Errors:
  // unwritable; unsupported (of a newer version).
  static Result<Opened> open(const std::filesystem::path& folder, const Says& says);
  ~Store();

  // Errors of all below: unwritable, corrupt.

  // A new job and its first event. Sets job.last_event and updated_ms, here and in write().
  [[nodiscard]] Result<JobEvent> add(StoredJob& stored, JobEvent event);
  // All columns of the job that can change, and the event, together; an artifact or a message of
  // the event is kept with the job, too.
  [[nodiscard]] Result<JobEvent> write(StoredJob& stored, JobEvent event);
  // The columns alone: nothing that anybody is told.
  [[nodiscard]] Status write_quietly(const StoredJob& stored);
  // Another message of its caller.
  [[nodiscard]] Status add_message(std::string_view job, std::string_view json);
  // Of an ended job: progress that nobody needs any more, but for the newest.
  [[nodiscard]] Status thin_out(std::string_view job);
  [[nodiscard]] Status remove(std::string_view job);
  // Of its files; returns by how much they have grown, 0 for a job that is gone.
  [[nodiscard]] Result<std::int64_t> set_bytes(std::string_view job, std::int64_t bytes);
  [[nodiscard]] Status check_writable();

  [[nodiscard]] Status keep(std::string_view job, std::string_view key, std::string_view value);
  [[nodiscard]] Status forget(std::string_view job, std::string_view key);
  [[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> kept(
      std::string_view job, std::string_view prefix) const;

  // With messages and artifacts. `tenant` empty: whose it is does not matter.
  [[nodiscard]] Result<std::optional<Job>> find(std::string_view tenant, std::string_view id) const;
  [[nodiscard]] Result<std::optional<StoredJob>> find_key(std::string_view tenant,
                                                          std::string_view key) const;
  [[nodiscard]] Result<JobPage> list(std::string_view tenant, const JobQuery& query) const;
  // Those without an end, in the order of their creation.
  [[nodiscard]] Result<std::vector<StoredJob>> open_jobs() const;
  // Of one job, or of a tenant where `job` is empty, or of all where both are: events after
  // `after`, at most `most`, oldest first.
  [[nodiscard]] Result<std::vector<JobEvent>> events(std::string_view tenant, std::string_view job,
                                                     std::int64_t after, int most) const;
  [[nodiscard]] Result<std::int64_t> last_event() const;
  // Ended jobs, and those that have waited for input since before `before_ms`, oldest first.
  struct Ended {
    std::string id;
    std::int64_t ended_ms = 0, bytes = 0;
  };
  [[nodiscard]] Result<std::vector<Ended>> ended(std::int64_t before_ms, int most) const;
  [[nodiscard]] Result<std::int64_t> bytes() const;
  [[nodiscard]] Result<std::vector<std::string>> ids() const;

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

[[nodiscard]] std::int64_t unix_ms();

}  // namespace videogen::serve
