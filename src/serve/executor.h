// Does the work of a job. The service's own is work.h; the scripted one of the A2A conformance
// kit is another.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/error.h"
#include "serve/job.h"

namespace videogen::serve {

// What a running job may tell. All of it is on disk before it returns; thread-safe.
class JobRun {
 public:
  virtual ~JobRun() = default;

  // Cheap to call often: at most a few are kept and shown each second.
  virtual void progress(double fraction, std::string_view stage) = 0;
  // A line for people about what goes on.
  virtual void says(std::string_view line) = 0;
  virtual void artifact(const Artifact& artifact, bool append = false, bool last_chunk = true) = 0;
  // An A2A message (JSON, 1.0) of the agent, into the task's history and streams.
  virtual void message(std::string_view json) = 0;
  // What a later run of this job needs to take it up after a crash; checkpoint() of the job that
  // was started again gives it back. Empty: none.
  virtual void keep_checkpoint(std::string_view data) = 0;
  [[nodiscard]] virtual std::string checkpoint() const = 0;

  // Requested when the job is cancelled, its deadline passes, or the service ends.
  [[nodiscard]] virtual std::stop_token stop() const = 0;
  // A folder of the job's own below the data folder, for what it makes; kept with the job.
  [[nodiscard]] virtual std::filesystem::path folder() const = 0;
};

// How a run ended. input_required waits for another message of the caller.
struct Ending {
  JobState state = JobState::completed;
  std::string result;            // JSON
  std::filesystem::path output;  // inside folder()
  std::optional<Error> error;    // of failed
  std::string message;           // for people; A2A: the text of the final status
};

class Executor {
 public:
  virtual ~Executor() = default;

  // Which skills there are, and why one is not: nullopt where it is.
  [[nodiscard]] virtual std::optional<std::string> lacks(Skill skill) const = 0;

  // Before a job is accepted: the request made complete and checked (unknown members, values out
  // of range, an address or a path that it may not name), as JSON to be stored. `has_upload`: a
  // file came with it. Errors: usage, unsupported (the skill), limit, not_found.
  [[nodiscard]] virtual Result<std::string> check(Skill skill, std::string_view request,
                                                  bool has_upload) const = 0;

  // Runs a job to its end, on a worker's thread; several at once.
  [[nodiscard]] virtual Ending run(const Job& job, JobRun& run) = 0;

  // The page of a completed job's report, into the job's folder; several threads may ask for
  // different jobs. Errors: not_found (there is nothing to make it from); as reading the clip.
  [[nodiscard]] virtual Status make_page(const Job& job, const std::stop_token&) const {
    return fail(ErrorCode::not_found, "job " + job.id + " has no page");
  }

  // Whether a job that ran when the process died may be run again: it orders nothing twice.
  [[nodiscard]] virtual bool resumable(const Job& job, std::string_view checkpoint) const = 0;
};

}  // namespace videogen::serve
