// The metadata of an object, as JSON.
#pragma once

#include <string_view>

#include "base/error.h"
#include "net/cloud_storage.h"

namespace videogen::net {

// Errors: corrupt, naming the object by `uri`.
[[nodiscard]] Result<ObjectInfo> parse_object_info(std::string_view json, std::string_view uri);

}  // namespace videogen::net
