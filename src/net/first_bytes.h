// What the first bytes of a download say about it.
//
// Whether a file is a video is for its decoder to say; this is for what is plainly none, most of
// all for the web page that stands where a clip was meant, and for strangers' files.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/error.h"

namespace videogen::net {

inline constexpr std::size_t kFirstBytes = 4096;

enum class Accept {
  anything_else,  // all but text, archives and documents
  known_media,    // only what begins as a container, an elementary stream or a picture does
};

// `bytes`: the first kFirstBytes, or all there are. `shown` is the name for the message,
// `content_type` the server's, which may be empty.
// Errors: corrupt ("… is a web page, not a clip").
[[nodiscard]] Status check_first_bytes(std::span<const std::byte> bytes, Accept accept,
                                       std::string_view shown, std::string_view content_type);

}  // namespace videogen::net
