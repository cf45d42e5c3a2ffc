// Decoders of still pictures in memory. `name` is for messages.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "media/image.h"
#include "media/probe.h"

namespace videogen::media {

[[nodiscard]] bool is_png(std::string_view bytes);
[[nodiscard]] bool is_jpeg(std::string_view bytes);

// Errors: corrupt, limit, internal.
[[nodiscard]] Result<Image> decode_png(const std::string& bytes, const std::string& name,
                                       const Limits& limits);
[[nodiscard]] Result<Image> decode_jpeg(const std::string& bytes, const std::string& name,
                                        const Limits& limits);
[[nodiscard]] Result<std::string> encode_png(const Image& image);

// Errors: limit, corrupt (an empty picture).
[[nodiscard]] Status check_size(std::int64_t width, std::int64_t height, const std::string& name,
                                const Limits& limits);

}  // namespace videogen::media
