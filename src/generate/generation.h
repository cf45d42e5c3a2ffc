// What became of a call for a clip: plain data, and its JSON.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "coherence/report.h"
#include "coherence/report_json.h"

namespace videogen::generate {

// A clip that came, and what validating it found.
struct Candidate {
  std::filesystem::path file;               // until the run ends
  std::optional<coherence::Report> report;  // absent: `error` says why
  std::optional<Error> error;
  std::string uri{};  // "gs://…" where it lies there, too
  int extended = 0;   // how often it has been continued
  int rank = 0;       // 1: the best of the run; 0: not ranked
};

// A submit: what was asked, and how it ended.
struct Attempt {
  enum class State {
    running,   // nobody knows the end yet: it can be resumed
    passed,    // a clip of it passes
    rejected,  // clips came, none passes
    damaged,   // what came cannot be read as a clip
    filtered,  // the service's filters withheld all clips
    failed,    // the operation ended with an error
    gone,      // the service does not know the operation any more
    refused,   // the service did not take it: nothing is charged
    lost,      // no reply: it may run, and be charged
  };
  int number = 1;
  State state = State::running;
  std::string operation, model, prompt;
  std::optional<std::int64_t> seed;
  std::string change;   // why it differs from the one before
  double cost_usd = 0;  // that it may be charged, an estimate
  double seconds = 0;   // from the submit to its end
  int extended = 0;     // which extension of a clip it is; 0: a new clip
  std::string error;    // why there is no clip, or fewer than asked for
  int code = 0;         // google.rpc.Code of a failed operation
  std::vector<int> support_codes;
  std::vector<Candidate> candidates;
};
[[nodiscard]] std::string_view name(Attempt::State state);  // "filtered"
[[nodiscard]] Attempt::State attempt_state(std::string_view word);

struct Generation {
  enum class Status {
    completed,  // a clip is delivered, and it passes
    rejected,   // a clip is delivered: the best, and none passes
    failed,     // no clip
  } status = Status::failed;
  std::optional<std::filesystem::path> output{};
  std::string copied_to{};  // "gs://…", where the clip was stored, too; else empty
  std::string backend{}, model{};
  std::string operation{};  // of the clip that is delivered, else the last one
  std::vector<Attempt> attempts{};
  std::optional<coherence::Report> report{};  // of the clip that is delivered
  std::optional<Error> error{};               // why it failed, or why it went no further
  std::vector<std::string> notes{};
  bool price_known = true;  // false: cost_usd() is none
  int extensions = 0;       // that the clip was to have

  [[nodiscard]] double cost_usd() const;
};

// 0 completed, 1 rejected, else that of the error.
[[nodiscard]] int exit_status(const Generation& generation);

// As INTERFACE has it: "status", "output", "backend", "model", "operation", "attempts",
// "cost_estimate_usd", "quality_metrics", "report", and "error", "notes".
[[nodiscard]] std::string to_json(const Generation& generation, coherence::JsonLayout layout);

// Some lines for people, each ended by a line break.
[[nodiscard]] std::string to_text(const Generation& generation);

// Whether a is the better clip: one that passes and has been continued further first, then by
// their reports.
[[nodiscard]] bool better(const Candidate& a, const Candidate& b);
// Whether a is the better clip: a verdict of `pass` first, then fewer reasons against it, weaker
// evidence of its worst defect, a higher mean similarity.
[[nodiscard]] bool better(const coherence::Report& a, const coherence::Report& b);

}  // namespace videogen::generate
