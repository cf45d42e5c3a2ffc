// Jobs and their events as A2A 1.0 shows them: Task, Artifact, StreamResponse.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "serve/jobs.h"

namespace videogen::serve {

// "TASK_STATE_WORKING"
[[nodiscard]] std::string_view task_state(JobState state);
// By its name; its number in ProtoJSON is a name here, too ("2"). AUTH_REQUIRED and what no job
// is in gives nullopt.
[[nodiscard]] std::optional<JobState> job_state_of(std::string_view task_state);

// "2026-07-28T12:00:00.000Z"; nullopt of text that is no such time (any offset, any fraction).
[[nodiscard]] std::string timestamp(std::int64_t unix_ms);
[[nodiscard]] std::optional<std::int64_t> unix_ms(std::string_view timestamp);

struct TaskShape {
  std::string root;            // "https://clips.example", before the service's own paths
  std::optional<int> history;  // the newest so many messages; nullopt: all
  bool artifacts = true;
  std::string words{};  // of its last_words()
};

// Over this many bytes data goes by its address instead of inside (JavaScript's client drops
// a stream whose event exceeds 4 MiB).
inline constexpr std::size_t kMostInlineBytes = std::size_t{1} << 20;

[[nodiscard]] nlohmann::json task_of(const Job& job, const TaskShape& shape);

// The artifacts of a job, those that its result stands for included.
[[nodiscard]] std::vector<Artifact> artifacts_of(const Job& job);
[[nodiscard]] nlohmann::json artifact_of(const Job& job, const Artifact& artifact,
                                         std::string_view root);

// What a stream tells of an event: {"statusUpdate"} or {"artifactUpdate"}.
[[nodiscard]] nlohmann::json update_of(const Job& job, const JobEvent& event,
                                       std::string_view root);
// What a stream tells of an artifact that is there at once.
[[nodiscard]] nlohmann::json artifact_update(const Job& job, const Artifact& artifact,
                                             std::string_view root);

// The conversation of a job; one that was not begun by A2A is a conversation of its own.
[[nodiscard]] const std::string& context_of(const Job& job);
// What was last said about its state, for people; empty where nothing was.
[[nodiscard]] std::string last_words(Jobs& jobs, const Job& job);

}  // namespace videogen::serve
