// What an object of Cloud Storage is made from, as the emulator keeps it on disk.
#pragma once

#include <nlohmann/json.hpp>

#include "emulator/object_store.h"

namespace videogen::emulator {

[[nodiscard]] nlohmann::json draft_json(const ObjectDraft& draft);
// Other members are left alone. Throws nlohmann::json::exception where one is missing or wrong.
[[nodiscard]] ObjectDraft draft_of(const nlohmann::json& document);

}  // namespace videogen::emulator
