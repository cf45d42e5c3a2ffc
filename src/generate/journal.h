// What was ordered, on disk before it is sent: so that no order is lost in a crash or sent twice.
//
// A SQLite database (WAL, synchronous=FULL) in the data folder, shared by all processes of a
// user. A run is one call for a clip; it is worked on by one process at a time, which holds a
// lock that ends with it. A submit goes through these states:
//
//   submitting ─→ running ─→ fetched ─→ ended
//        └→ lost       └────────────────→ ended
//
// `submitting` that nobody works on any more is a submit whose reply nobody saw: lost.
// For one thread at a time; several objects and processes may use one folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "generate/order.h"

namespace videogen::generate {

struct RunRecord {
  std::string id{};  // 16 hex digits, given by begin_run
  std::int64_t created_ms = 0;
  std::string backend{};   // "veo", "videos"
  std::string place{};     // Backend::place()
  std::string settings{};  // JSON of whoever runs it
  std::filesystem::path output{};
};

struct SubmitRecord {
  enum class State { submitting, running, fetched, ended, lost };
  std::int64_t id = 0;
  std::string run{};
  int number = 1;  // within the run
  State state = State::submitting;
  Order order{};
  std::string operation{};  // from `running` on
  std::string note{};       // why it is what it is, for people
  double cost_usd = 0;      // that it may be charged
  std::int64_t submitted_ms = 0;
  std::vector<std::filesystem::path> clips{};  // `fetched`
};
[[nodiscard]] std::string_view name(SubmitRecord::State state);

// Keeps other processes away from a run; ends with the process, however that ends.
class RunLock {
 public:
  RunLock(RunLock&& other) noexcept;
  RunLock& operator=(RunLock&& other) noexcept;
  ~RunLock();

 private:
  friend class Journal;
  RunLock(int descriptor, std::filesystem::path path);
  int descriptor_;
  std::filesystem::path path_;
};

class Journal {
 public:
  // Makes the folder where it is missing. Errors: unwritable, corrupt (another database, or one
  // of a newer version).
  static Result<Journal> open(const std::filesystem::path& folder);
  Journal(Journal&&) noexcept;
  Journal& operator=(Journal&&) noexcept;
  ~Journal();

  // VIDEOGEN_DATA, else XDG_DATA_HOME/videogen, else HOME/.local/share/videogen.
  // Errors: usage (none of these is set).
  static Result<std::filesystem::path> data_folder();

  struct OwnRun {
    RunRecord record;
    RunLock lock;
  };
  // Errors of this and the following: unwritable.
  [[nodiscard]] Result<OwnRun> begin_run(RunRecord record);

  // Writes the submit down, unless `per_minute` others of the same place and model were sent
  // within the last minute (0: no limit): then only the pause after which to ask again.
  struct Begun {
    std::int64_t id = 0;
    std::chrono::milliseconds wait{0};  // positive: nothing was written
  };
  [[nodiscard]] Result<Begun> begin_submit(const RunRecord& run, const SubmitRecord& submit,
                                           int per_minute);
  [[nodiscard]] Status accepted(std::int64_t submit, std::string_view operation);
  [[nodiscard]] Status fetched(std::int64_t submit,
                               const std::vector<std::filesystem::path>& clips);
  // `state`: ended or lost. What is certain not to be charged costs nothing.
  [[nodiscard]] Status ended(std::int64_t submit, SubmitRecord::State state,
                             std::string_view outcome, double cost_usd);
  // Nothing of the run is open any more: it is not found by open_runs().
  [[nodiscard]] Status end_run(std::string_view run, std::string_view outcome);

  // Runs that ordered something and have not ended, youngest first, those that a process works on
  // included.
  [[nodiscard]] Result<std::vector<RunRecord>> open_runs() const;
  // Any run, by an operation that it asked for.
  [[nodiscard]] Result<std::optional<RunRecord>> run_of(std::string_view operation) const;
  // The youngest run, ended or not, that ordered something whose place ends like this: the folder
  // above may have moved meanwhile.
  [[nodiscard]] Result<std::optional<RunRecord>> run_to(std::string_view end_of_output) const;
  [[nodiscard]] Result<std::vector<SubmitRecord>> submits(std::string_view run) const;
  // nullopt: another process works on it.
  [[nodiscard]] Result<std::optional<RunLock>> lock(std::string_view run) const;

  // Where the clips of a run lie until it ends.
  [[nodiscard]] std::filesystem::path clip_path(std::string_view run, int submit, int clip) const;

 private:
  struct State;
  explicit Journal(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace videogen::generate
