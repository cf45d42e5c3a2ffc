#include "net/object_info_internal.h"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "net/crc32c.h"

namespace videogen::net {

Result<ObjectInfo> parse_object_info(std::string_view json, std::string_view uri) {
  using Json = nlohmann::json;
  const Json parsed = Json::parse(json, nullptr, false);
  const auto text = [&](const char* name) {
    const auto found = parsed.find(name);
    return found != parsed.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  ObjectInfo info;
  bool good = parsed.is_object();
  if (good) {
    const std::string size = text("size");
    const auto read = std::from_chars(size.data(), size.data() + size.size(), info.size);
    good = read.ec == std::errc() && read.ptr == size.data() + size.size();
  }
  if (!good)
    return fail(ErrorCode::corrupt,
                fmt::format("cannot read {}: what the service says of it is no metadata", uri));
  info.generation = text("generation");
  if (info.generation.find_first_not_of("0123456789") != std::string::npos) info.generation.clear();
  info.crc32c = parse_crc32c(text("crc32c"));
  info.content_type = text("contentType");
  info.content_encoding = text("contentEncoding");
  info.etag = text("etag");
  return info;
}

}  // namespace videogen::net
