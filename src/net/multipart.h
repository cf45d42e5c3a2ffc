// Bodies in parts: multipart/form-data (RFC 7578) and multipart/related (RFC 2387).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/headers.h"

namespace videogen::net {

struct BodyPart {
  Headers headers;
  std::string_view bytes;  // inside the body that was given

  // Of Content-Disposition; empty where it has none.
  [[nodiscard]] std::string name() const;
  [[nodiscard]] std::string file_name() const;
  // Of Content-Type, in lower case, without parameters; "text/plain" where there is none.
  [[nodiscard]] std::string type() const;
};

// The parts, in their order; `content_type` is the header of the whole, with its boundary.
// Errors: corrupt (no boundary, a part without an end, a broken header), limit (over 1000
// parts, or 64 KiB of headers in one).
[[nodiscard]] Result<std::vector<BodyPart>> parse_multipart(std::string_view content_type,
                                                            std::string_view body);

}  // namespace videogen::net
