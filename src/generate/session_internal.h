// The steps that run() and resume() share: from a running operation to a delivered clip.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "generate/deadline_internal.h"
#include "generate/loop.h"

namespace videogen::generate {

// A submit that is followed: its row in the journal and its place among the attempts.
struct Followed {
  std::int64_t id = 0;  // of the journal
  std::size_t attempt = 0;
  int samples = 1;
  std::chrono::steady_clock::time_point since{};
  std::vector<std::filesystem::path> files{};  // once they are fetched
  std::vector<std::string> uris{};             // where they came from
};

class Session {
 public:
  struct Waiting {
    std::chrono::milliseconds deadline, poll, patience;
  };
  Session(const Means& means, const std::stop_token& user, const Waiting& waiting,
          coherence::Options validation, std::string shown);

  // One submit, written down and sent. Errors: what ends the run; a refusal and a lost reply are
  // in the attempt, too.
  [[nodiscard]] Result<Followed> submit(const Order& order, const std::string& change,
                                        int per_minute);
  // Polls until each has an end; fetches and judges what came. Errors: what ends the run; the
  // operations go on then.
  [[nodiscard]] Status follow(std::vector<Followed>& pending);
  // Judges the clips of a submit that are on disk. Errors: interrupted.
  [[nodiscard]] Status judge(Followed& followed);

  // The best clip to its place, and the end of the run in the journal. `why`: why it went no
  // further than this.
  [[nodiscard]] Generation finish(const std::filesystem::path& output,
                                  AtomicFile::Existing existing, std::optional<Error> why);

  [[nodiscard]] std::vector<Attempt>& attempts() { return generation_.attempts; }
  [[nodiscard]] Generation& generation() { return generation_; }
  // The best of all clips, where one was judged.
  [[nodiscard]] const Candidate* best() const;
  [[nodiscard]] bool passed() const;
  void own(Journal::OwnRun run) { run_.emplace(std::move(run)); }
  [[nodiscard]] const RunRecord& record() const { return run_->record; }
  // The error for a stop: of the user, or of the deadline.
  [[nodiscard]] Error stopped() const;
  [[nodiscard]] const Deadline& deadline() const { return deadline_; }

 private:
  void tell(Stage stage, const Attempt& attempt) const;
  [[nodiscard]] Status pause(std::chrono::milliseconds time) const;
  [[nodiscard]] Result<std::int64_t> write_down(const Order& order, const Attempt& attempt,
                                                int per_minute);
  // Whether the operation has an end, and which.
  [[nodiscard]] Result<std::optional<Poll>> poll_once(const Followed& followed);
  [[nodiscard]] Status take(Followed& followed, const Poll& poll);
  [[nodiscard]] Status fetch(Followed& followed, const Poll& poll);
  // Files that cannot be read are fetched once more, which costs nothing.
  [[nodiscard]] Status fetch_again(Followed& followed);
  [[nodiscard]] Result<Candidate> judge_file(const std::filesystem::path& file);
  [[nodiscard]] Status end_attempt(const Followed& followed, Attempt::State state, double cost);
  void rank();
  [[nodiscard]] Candidate* mutable_best();
  [[nodiscard]] Status deliver(const Candidate& candidate, const std::filesystem::path& output,
                               AtomicFile::Existing existing);
  void close(std::string_view outcome);

  const Means& means_;
  const Waiting waiting_;
  const coherence::Options validation_;
  const std::string shown_;
  std::stop_token user_;
  Deadline deadline_;
  std::optional<Journal::OwnRun> run_;
  Generation generation_;
  std::vector<Followed> fetched_;  // submits whose clips are on disk
  std::optional<std::chrono::steady_clock::time_point> trouble_since_;
};

}  // namespace videogen::generate
