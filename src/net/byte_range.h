// Byte ranges of HTTP (RFC 9110, section 14).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_exchange.h"

namespace videogen::net {

struct ByteRange {
  std::uint64_t first = 0, last = 0;  // both included
  [[nodiscard]] std::uint64_t length() const { return last - first + 1; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

enum class RangeAnswer {
  whole,          // no range, several, another unit, or one that is malformed: answer 200
  part,           // answer 206
  unsatisfiable,  // answer 416
};
struct ParsedRange {
  RangeAnswer answer = RangeAnswer::whole;
  ByteRange range;  // of a part
};
// `header`: "bytes=0-99", "bytes=100-", "bytes=-50"; size: of the representation, bytes.
[[nodiscard]] ParsedRange parse_range(std::string_view header, std::uint64_t size);

// "bytes 0-99/1234"
[[nodiscard]] std::string content_range(const ByteRange& range, std::uint64_t size);

// "bytes 0-99/1234", "bytes 0-99/*", "bytes 0-*/*" (as Google's Node client sends it: from here
// to the end), "bytes */1234", "bytes */*"; nullopt for anything else.
struct ContentRange {
  std::optional<std::uint64_t> first;  // absent: no bytes are sent, only a question asked
  std::optional<std::uint64_t> last;   // absent: to the end
  std::optional<std::uint64_t> size;   // absent: not known yet
  friend bool operator==(const ContentRange&, const ContentRange&) = default;
};
[[nodiscard]] std::optional<ContentRange> parse_content_range(std::string_view header);

// What is served in ranges: what changes when it does.
struct FileFacts {
  std::string content_type;
  std::string etag;  // quoted, strong; empty: none
};
// The answer to a GET or HEAD for a file: 200, 206, 304 (If-None-Match) or 416, with
// Accept-Ranges, ETag and Content-Range; If-Range is honoured. Errors: as ResponseBody::file.
[[nodiscard]] Result<ServerResponse> serve_file(const ServerRequest& request,
                                                const std::filesystem::path& path,
                                                const FileFacts& facts);

}  // namespace videogen::net
