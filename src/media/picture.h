// Still pictures: PNG and JPEG, decoded to the RGB that Pillow's convert("RGB") gives
// (alpha dropped, grey and palette widened, no EXIF rotation).
#pragma once

#include <filesystem>

#include "base/error.h"
#include "media/image.h"
#include "media/probe.h"

namespace videogen::media {

// Errors: not_found, unreachable, corrupt, unsupported (neither PNG nor JPEG), limit.
[[nodiscard]] Result<Image> read_picture(const std::filesystem::path& path,
                                         const Limits& limits = {});
// True if the first bytes are PNG's or JPEG's; false for anything else, unreadable files too.
[[nodiscard]] bool is_picture(const std::filesystem::path& path);

// PNG, 8-bit RGB; written beside and renamed, an existing file is replaced.
[[nodiscard]] Status write_png(const std::filesystem::path& path, const Image& image);

}  // namespace videogen::media
