// Still pictures: PNG and JPEG, decoded to the RGB that Pillow's convert("RGB") gives
// (alpha dropped, grey and palette widened, no EXIF rotation).
#pragma once

#include <filesystem>
#include <string>

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

// A JPEG file in memory: baseline, 4:2:0, no metadata. The same pixels give the same bytes.
// quality: 1…100; 80 halves the bytes of 90 and still looks clean at the size of a thumbnail.
// Errors: corrupt (an empty picture), limit (a side over 65535), internal.
[[nodiscard]] Result<std::string> encode_jpeg(const Image& image, int quality = 80);

}  // namespace videogen::media
