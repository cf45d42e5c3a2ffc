#include "net/byte_range.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/file.h"

namespace videogen::net {
namespace {

// Digits only, all of it, no overflow.
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Whether a list of entity tags names this one; `weak` counts W/"x" as "x".
bool names_tag(std::string_view list, std::string_view etag, bool weak) {
  if (list == "*") return !etag.empty();
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    std::string_view tag = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (tag.starts_with(' ')) tag.remove_prefix(1);
    while (tag.ends_with(' ')) tag.remove_suffix(1);
    if (weak && tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag && !etag.empty()) return true;
  }
  return false;
}

}  // namespace

ParsedRange parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return {};
  const std::string_view spec = header.substr(kUnit.size());
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos) return {};
  const std::string_view from = spec.substr(0, dash), to = spec.substr(dash + 1);
  if (from.empty()) {
    const auto suffix = number(to);
    if (!suffix) return {};
    if (*suffix == 0 || size == 0) return {RangeAnswer::unsatisfiable, {}};
    return {RangeAnswer::part, {size - std::min(*suffix, size), size - 1}};
  }
  const auto first = number(from);
  const auto last = to.empty() ? std::optional(UINT64_MAX) : number(to);
  if (!first || !last || *last < *first) return {};
  if (*first >= size) return {RangeAnswer::unsatisfiable, {}};
  return {RangeAnswer::part, {*first, std::min(*last, size - 1)}};
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
  return fmt::format("bytes {}-{}/{}", range.first, range.last, size);
}

std::optional<ContentRange> parse_content_range(std::string_view header) {
  constexpr std::string_view kUnit = "bytes ";
  if (!header.starts_with(kUnit)) return std::nullopt;
  const std::string_view spec = header.substr(kUnit.size());
  const auto slash = spec.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view range = spec.substr(0, slash), size = spec.substr(slash + 1);
  ContentRange parsed;
  if (size != "*") {
    parsed.size = number(size);
    if (!parsed.size) return std::nullopt;
  }
  if (range == "*") return parsed;
  const auto dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  parsed.first = number(range.substr(0, dash));
  if (!parsed.first) return std::nullopt;
  if (range.substr(dash + 1) == "*") return parsed;
  parsed.last = number(range.substr(dash + 1));
  if (!parsed.last || *parsed.last < *parsed.first || *parsed.last == UINT64_MAX ||
      (parsed.size && *parsed.last >= *parsed.size)) {
    return std::nullopt;
  }
  return parsed;
}

Result<ServerResponse> serve_file(const ServerRequest& request, const std::filesystem::path& path,
                                  const FileFacts& facts) {
  std::error_code failed;
  const std::uint64_t size = std::filesystem::file_size(path, failed);
  if (failed) return tl::unexpected(file_error("open", path, failed.value()));
  ServerResponse response;
  response.headers.add("Accept-Ranges", "bytes");
  if (!facts.etag.empty()) response.headers.add("ETag", facts.etag);
  const auto known = request.headers.find("If-None-Match");
  if (known && names_tag(*known, facts.etag, true)) {
    response.status = 304;
    return response;
  }
  ParsedRange parsed;
  const auto condition = request.headers.find("If-Range");
  const bool unchanged = !condition || names_tag(*condition, facts.etag, false);
  if (const auto range = request.headers.find("Range"); range && unchanged)
    parsed = parse_range(*range, size);
  if (parsed.answer == RangeAnswer::unsatisfiable) {
    response.status = 416;
    response.headers.add("Content-Range", fmt::format("bytes */{}", size));
    return response;
  }
  response.headers.add("Content-Type", facts.content_type);
  if (parsed.answer == RangeAnswer::part) {
    response.status = 206;
    response.headers.add("Content-Range", content_range(parsed.range, size));
    VIDEOGEN_TRY(response.body,
                 ResponseBody::file(path, parsed.range.first, parsed.range.length()));
  } else {
    VIDEOGEN_TRY(response.body, ResponseBody::file(path, 0, size));
  }
  return response;
}

}  // namespace videogen::net
