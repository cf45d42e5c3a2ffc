// A job: one piece of work that somebody asked the service for, from its acceptance to its one
// end. Plain data; HTTP jobs, A2A tasks and MCP jobs are all these, under the same id.
//
//   queued ─→ running ─→ completed | failed | rejected
//     │ ↑        ├─→ queued (after a crash, where the work can be taken up)
//     ↓ │        ↓
//   input_required ─→ cancelled            (cancelled from every state that is no end)
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace videogen::serve {

enum class Skill { validate, enhance, generate };
[[nodiscard]] std::string_view name(Skill skill);  // "validate"
[[nodiscard]] std::optional<Skill> skill_named(std::string_view word);

enum class JobState {
  queued,
  running,
  input_required,  // the request lacks something that the caller was asked for (A2A)
  completed,       // done: what was found is in `result`, whatever the verdict
  failed,          // `error` says why
  cancelled,       // by its owner
  rejected,        // not taken on (A2A)
};
[[nodiscard]] std::string_view name(JobState state);  // "input_required"
[[nodiscard]] std::optional<JobState> job_state_named(std::string_view word);
[[nodiscard]] constexpr bool is_end(JobState state) {
  return state == JobState::completed || state == JobState::failed ||
         state == JobState::cancelled || state == JobState::rejected;
}

// What a job made, for A2A's artifacts: `parts` is a JSON array in the shape of A2A 1.0
// ({"text"}, {"data"}, {"url", "filename", "mediaType"}). A url that begins with "/" is the
// service's own; who shows it puts the service's address before it.
struct Artifact {
  std::string id, name, description;
  std::string parts = "[]";
};

struct Job {
  std::string id;      // 32 hex digits, random
  std::string tenant;  // whose it is; nobody else learns that it exists
  Skill skill = Skill::validate;
  JobState state = JobState::queued;
  double progress = 0;  // 0…1, never goes back within a run
  std::string stage;    // "fetch", "decode", …: what is being done; empty before and after
  // What was asked, as a JSON object: {"uri"?, "prompt"?, options…}; checked before acceptance.
  std::string request = "{}";
  std::filesystem::path input;   // of an upload, below the data folder; empty: none
  std::string input_name;        // as the caller named the upload
  std::string result;            // JSON, once completed (of a generation: as the program prints it)
  std::filesystem::path output;  // the clip that was made, below the data folder; empty: none
  std::optional<Error> error;    // failed
  std::vector<Artifact> artifacts;
  // A2A: the conversation that it belongs to, and its messages (JSON, A2A 1.0, oldest first;
  // raw parts are replaced by what was kept of them before they come here).
  std::string context;
  std::vector<std::string> messages;
  std::string traceparent;  // of the request that asked for it; empty: none
  int priority = 0;         // -10…10, higher goes first within a tenant
  int runs = 0;             // how often it was started
  std::int64_t created_ms = 0, started_ms = 0, ended_ms = 0, updated_ms = 0;  // Unix time
  std::int64_t last_event = 0;  // JobEvent::id of the newest
};

// What happened to a job, in order. Persisted before anybody is told.
struct JobEvent {
  std::int64_t id = 0;  // increases over all jobs of a data folder, also across restarts
  std::string job;
  std::int64_t time_ms = 0;
  enum class Type {
    state,     // `state`, with `message` for people where there is one
    progress,  // `progress`, `stage`
    artifact,  // `artifact`; with append it continues the one of the same id
    message,   // `message`: JSON, an A2A message that the agent says
  } type = Type::state;
  JobState state = JobState::queued;  // at that time, for every type
  double progress = 0;
  std::string stage;
  std::string message;
  Artifact artifact;
  bool append = false, last_chunk = true;
};

}  // namespace videogen::serve
