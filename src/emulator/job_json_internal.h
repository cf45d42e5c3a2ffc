// Jobs and orders as JSON, for the disk.
#pragma once

#include <nlohmann/json.hpp>

#include "emulator/clip_jobs.h"

namespace videogen::emulator {

[[nodiscard]] nlohmann::json as_json(const ClipOrder& order);
[[nodiscard]] nlohmann::json as_json(const Job& job);
// These throw nlohmann::json::exception on anything else than what as_json() gives.
[[nodiscard]] ClipOrder order_from_json(const nlohmann::json& document);
[[nodiscard]] Job job_from_json(const nlohmann::json& document);

}  // namespace videogen::emulator
