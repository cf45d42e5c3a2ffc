// Jobs that make clips: rendered in the background one after another, on disk from the first
// moment, done after a simulated time.
//
// For several threads at once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "emulator/clip_order.h"

namespace videogen::emulator {

// How a job ends, decided when it begins.
enum class Outcome { clips, filtered, partial, operation_error, policy_error, endless };

struct JobRequest {
  std::string api;   // "veo", "videos": who asks may see only its own jobs
  std::string name;  // of the operation, or the id
  std::string model;
  std::string echo;               // JSON that the API wants to see again
  std::string bucket, prefix;     // where the clips go; empty: they are fetched from here
  std::vector<ClipOrder> orders;  // a clip each
  Outcome outcome = Outcome::clips;
  std::size_t asked = 1;  // clips; submit() counts the orders
  bool damaged = false;   // the clips lack their first half
};

struct JobClip {
  std::filesystem::path file;
  std::string object;  // name in the bucket, if that was asked for
};

struct Job {
  JobRequest request;
  std::int64_t created_ms = 0, ready_ms = 0;  // since 1970
  std::int64_t finished_ms = 0;               // 0: not yet rendered
  int progress = 0;                           // percent
  std::string error;                          // rendering failed
  std::vector<JobClip> clips;                 // those that were made

  // Rendered, and its simulated time is over.
  [[nodiscard]] bool done() const;
};

struct JobSettings {
  std::chrono::milliseconds latency{500};  // from the submit on, at least
  int broken_every = 4;                    // see clip_of()
  int shrink = 1;                          // sides are divided by this
};

class ClipJobs {
 public:
  // Puts a finished clip into a bucket: job, file (to be copied), number of the clip; the name
  // of the object.
  using Deliver = std::function<Result<std::string>(const JobRequest&, const std::filesystem::path&,
                                                    std::size_t)>;

  // What an earlier run left unfinished goes on. Errors: as read_file; corrupt.
  static Result<std::unique_ptr<ClipJobs>> open(const std::filesystem::path& folder,
                                                const JobSettings& settings, Deliver deliver);
  ~ClipJobs();

  // On disk before it returns. Errors: unwritable.
  Status submit(const JobRequest& request);
  [[nodiscard]] std::optional<Job> find(const std::string& api, const std::string& name) const;
  // In the order of their submits.
  [[nodiscard]] std::vector<Job> list(const std::string& api) const;
  // False if there is none. The clip of another job with the same order stays.
  bool remove(const std::string& api, const std::string& name);

  // The order of a clip that was made here, by the SHA-256 of its file.
  [[nodiscard]] std::optional<ClipOrder> made(const std::string& sha256) const;

 private:
  ClipJobs(std::filesystem::path folder, JobSettings settings, Deliver deliver);
  Status load();
  void work(const std::stop_token& stop);
  Result<std::filesystem::path> render(const ClipOrder& order, bool damaged,
                                       const std::function<void(double)>& progress,
                                       const std::stop_token& stop);
  void finish(const std::string& name, const std::stop_token& stop);
  Status save(const Job& job) const;
  template <class Change>
  void update(const std::string& name, const Change& change);

  std::filesystem::path folder_;
  JobSettings settings_;
  Deliver deliver_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::map<std::string, Job> jobs_;     // by name; guarded by mutex_, as is what follows
  std::vector<std::string> submitted_;  // names
  std::deque<std::string> waiting_;
  std::map<std::string, ClipOrder> made_;  // by SHA-256
  std::jthread worker_;                    // last: it ends before what it uses
};

}  // namespace videogen::emulator
