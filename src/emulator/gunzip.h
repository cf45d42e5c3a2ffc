// gzip (RFC 1952) unpacked, for objects that are stored that way.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace videogen::emulator {

// Errors: corrupt, limit (more than `most` bytes come out).
[[nodiscard]] Result<std::string> gunzip(std::string_view zipped, std::size_t most);

}  // namespace videogen::emulator
