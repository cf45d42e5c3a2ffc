// Jobs and events as the HTTP API shows them.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "serve/job.h"

namespace videogen::serve {

// {"id", "skill", "status", "progress", "stage", "result", "error", "links", times}
[[nodiscard]] nlohmann::ordered_json job_json(const Job& job);
// What an event says: {"job", "type", "status", "progress", "stage", "time", …}
[[nodiscard]] nlohmann::ordered_json event_json(const JobEvent& event);
[[nodiscard]] nlohmann::ordered_json links_json(const Job& job);

[[nodiscard]] std::string dump(const nlohmann::ordered_json& json);

}  // namespace videogen::serve
