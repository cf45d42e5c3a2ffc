#include "net/multipart.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "net/form.h"

namespace videogen::net {
namespace {

constexpr std::size_t kMostParts = 1000, kMostHeaderBytes = 64 << 10;

// Removes the first line, line break included; some clients end theirs with \n alone.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// A part from its headers to its last byte.
Result<BodyPart> parse_part(std::string_view text) {
  BodyPart part;
  const std::size_t whole = text.size();
  while (true) {
    if (text.empty())
      return fail(ErrorCode::corrupt, "a part of the body has no empty line after its headers");
    const std::string_view line = take_line(text);
    if (line.empty()) break;
    if (whole - text.size() > kMostHeaderBytes)
      return fail(ErrorCode::limit, "the headers of a part of the body are too large");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0)
      return fail(ErrorCode::corrupt,
                  fmt::format("a part of the body has the header \"{}\"", printable(line, 60)));
    part.headers.add(std::string(trimmed(line.substr(0, colon))),
                     std::string(trimmed(line.substr(colon + 1))));
  }
  part.bytes = text;
  return part;
}

}  // namespace

std::string BodyPart::name() const {
  const auto disposition = headers.find("Content-Disposition");
  return disposition ? header_parameter(*disposition, "name").value_or("") : "";
}

std::string BodyPart::file_name() const {
  const auto disposition = headers.find("Content-Disposition");
  return disposition ? header_parameter(*disposition, "filename").value_or("") : "";
}

std::string BodyPart::type() const {
  const auto type = headers.find("Content-Type");
  return type ? media_type(*type) : "text/plain";
}

Result<std::vector<BodyPart>> parse_multipart(std::string_view content_type,
                                              std::string_view body) {
  const auto boundary = header_parameter(content_type, "boundary");
  // RFC 2046, section 5.1.1.
  if (!boundary || boundary->empty() || boundary->size() > 70)
    return fail(ErrorCode::corrupt, "a body in parts needs a boundary of 1 to 70 characters");
  const std::string delimiter = "\n--" + *boundary;
  const std::boyer_moore_horspool_searcher search(delimiter.begin(), delimiter.end());

  std::vector<BodyPart> parts;
  // The first delimiter may stand at the very beginning, without a line break before it.
  std::size_t at = 0;
  if (body.starts_with(std::string_view(delimiter).substr(1))) {
    at = delimiter.size() - 1;
  } else {
    const auto found = std::search(body.begin(), body.end(), search);
    if (found == body.end()) return fail(ErrorCode::corrupt, "the body does not hold its boundary");
    at = static_cast<std::size_t>(found - body.begin()) + delimiter.size();
  }
  while (true) {
    std::string_view rest = body.substr(at);
    if (rest.starts_with("--")) return parts;
    const std::string_view padding = take_line(rest);
    if (!trimmed(padding).empty())
      return fail(ErrorCode::corrupt, "the body's boundary is not the end of its line");
    const auto found = std::search(rest.begin(), rest.end(), search);
    if (found == rest.end())
      return fail(ErrorCode::corrupt, "the body ends before its last boundary");
    auto length = static_cast<std::size_t>(found - rest.begin());
    at = body.size() - rest.size() + length + delimiter.size();
    if (length > 0 && rest[length - 1] == '\r') --length;
    if (parts.size() == kMostParts)
      return fail(ErrorCode::limit, fmt::format("the body has over {} parts", kMostParts));
    VIDEOGEN_TRY(BodyPart part, parse_part(rest.substr(0, length)));
    parts.push_back(std::move(part));
  }
}

}  // namespace videogen::net
