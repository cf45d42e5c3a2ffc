// The checksums that Cloud Storage shows, as it writes them: Base64 of the big-endian bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"

namespace videogen::emulator {

struct Checksums {
  std::string crc32c, md5;  // Base64
  std::string sha256;       // hex digits
  std::uint64_t bytes = 0;
};
[[nodiscard]] Checksums checksums_of(std::string_view bytes);
// Errors: as read_file() without a limit; the file is read in pieces.
[[nodiscard]] Result<Checksums> checksums_of_file(const std::filesystem::path& path);

}  // namespace videogen::emulator
