#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/file.h"
#include "net/form.h"
#include "serve/a2a_message_internal.h"
#include "serve/json_text_internal.h"

namespace videogen::serve {
namespace {

namespace fs = std::filesystem;
using Kind = A2aError::Kind;
using nlohmann::json;

constexpr std::size_t kMostParts = 64;
constexpr std::size_t kMostIdBytes = 256;

tl::unexpected<A2aError> wrong(std::string message) {
  return a2a_fail(Kind::invalid_params, std::move(message));
}

// ProtoJSON takes both alphabets, padded or not.
std::optional<std::string> decoded(std::string text) {
  std::erase_if(text, [](char c) { return c == '=' || c == '\r' || c == '\n'; });
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return from_base64(text);
}

// What identifies things must fit a line and a database's key.
A2aResult<std::string> id_member(const json& object, std::string_view name) {
  const json& value = member(object, name);
  if (value.is_null()) return std::string();
  if (!value.is_string()) return wrong(fmt::format("{} must be a string", name));
  std::string id = value.get<std::string>();
  const bool plain = std::ranges::all_of(
      id, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
  if (id.size() > kMostIdBytes || !plain)
    return wrong(
        fmt::format("{} must be at most {} bytes without control characters", name, kMostIdBytes));
  return id;
}

A2aResult<json> read_part(json& part, InboundMessage& into, const MessageLimits& limits) {
  if (!part.is_object()) return wrong("a part must be an object");
  json out = json::object();
  const std::string media_type = text_member(part, "mediaType");
  const std::string file_name = text_member(part, "filename");
  int contents = 0;
  for (const std::string_view name : {"text", "raw", "url", "data"}) {
    const auto at = part.find(name);
    // `data` may be null; the others are unset then.
    if (at == part.end() || (at->is_null() && name != "data")) continue;
    ++contents;
    if (name != "data" && !at->is_string())
      return wrong(fmt::format("{} of a part must be a string", name));
  }
  if (contents != 1) return wrong("a part must have exactly one of text, raw, url and data");
  if (!media_type.empty() && !accepts(limits.input_modes, media_type))
    return a2a_fail(Kind::content_type_not_supported,
                    fmt::format("parts of type {} are not taken; those that are: {}",
                                printable(media_type, 80), [&limits] {
                                  std::string list;
                                  for (const std::string& mode : limits.input_modes)
                                    list += (list.empty() ? "" : ", ") + mode;
                                  return list;
                                }()));
  if (const json& metadata = member(part, "metadata"); metadata.is_object()) {
    out["metadata"] = metadata;
    out["metadata"].erase("kept");  // ours to say
  }
  if (const auto raw = part.find("raw"); raw != part.end() && raw->is_string()) {
    if (!into.file.path().empty()) return wrong("a message may bring one file");
    const auto bytes = decoded(std::move(raw->get_ref<std::string&>()));
    if (!bytes) return wrong("raw of a part must be Base64");
    if (bytes->empty()) return wrong("raw of a part is empty");
    auto kept = limits.receive(*bytes);
    if (!kept) return tl::unexpected(a2a_error(kept.error()));
    Sha256 sha;
    sha.update(*bytes);
    into.file = SpooledFile(*std::move(kept));
    into.file_name = file_name;
    out["text"] = fmt::format("[file {}, {} bytes]",
                              file_name.empty() ? "without a name" : printable(file_name, 120),
                              bytes->size());
    out["metadata"]["kept"] = {{"bytes", bytes->size()}, {"sha256", sha.hex()}};
    if (!media_type.empty()) out["metadata"]["kept"]["mediaType"] = media_type;
    return out;
  }
  for (const std::string_view name : {"text", "url", "data"})
    if (const auto at = part.find(name); at != part.end() && (!at->is_null() || name == "data"))
      out[std::string(name)] = *at;
  if (!media_type.empty()) out["mediaType"] = media_type;
  if (!file_name.empty()) out["filename"] = file_name;
  return out;
}

// A list of strings, as `extensions` is.
A2aResult<json> strings_member(const json& object, std::string_view name) {
  const json& list = member(object, name);
  if (list.is_null()) return json::array();
  const bool fits = list.is_array() && list.size() <= kMostParts &&
                    std::ranges::all_of(list, [](const json& item) { return item.is_string(); });
  if (!fits) return wrong(fmt::format("{} must be a list of strings", name));
  return list;
}

}  // namespace

SpooledFile& SpooledFile::operator=(SpooledFile&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

SpooledFile::~SpooledFile() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove(path_, ignored);
}

A2aResult<InboundMessage> read_message(json& message, const MessageLimits& limits) {
  if (!message.is_object()) return wrong("message is missing");
  InboundMessage inbound;
  json& out = inbound.message;
  out = json::object();
  for (const std::string_view name : {"messageId", "contextId", "taskId"}) {
    auto id = id_member(message, name);
    if (!id) return tl::unexpected(std::move(id).error());
    if (!id->empty()) out[std::string(name)] = *id;
  }
  if (!out.contains("messageId")) return wrong("message.messageId is missing");
  const json& role = member(message, "role");
  // ProtoJSON writes enums by name and reads their numbers, too.
  if (role != "ROLE_USER" && role != 1)
    return wrong("message.role must be ROLE_USER in a message to this agent");
  out["role"] = "ROLE_USER";
  const auto parts = message.find("parts");
  if (parts == message.end() || !parts->is_array() || parts->empty())
    return wrong("message.parts must have at least one part");
  if (parts->size() > kMostParts)
    return wrong(fmt::format("message.parts has over {} parts", kMostParts));
  out["parts"] = json::array();
  for (json& part : *parts) {
    auto read = read_part(part, inbound, limits);
    if (!read) return tl::unexpected(std::move(read).error());
    out["parts"].push_back(*std::move(read));
  }
  if (const json& metadata = member(message, "metadata"); metadata.is_object())
    out["metadata"] = metadata;
  for (const std::string_view name : {"extensions", "referenceTaskIds"}) {
    auto list = strings_member(message, name);
    if (!list) return tl::unexpected(std::move(list).error());
    if (!list->empty()) out[std::string(name)] = *std::move(list);
  }
  return inbound;
}

bool is_kept_file(const json& part) {
  return part.is_object() && part.contains("metadata") && part["metadata"].is_object() &&
         part["metadata"].contains("kept");
}

json agent_message(std::string_view id, std::string_view text, std::string_view context,
                   std::string_view task) {
  json message{
      {"messageId", id}, {"role", "ROLE_AGENT"}, {"parts", json::array({{{"text", text}}})}};
  if (!context.empty()) message["contextId"] = context;
  if (!task.empty()) message["taskId"] = task;
  return message;
}

bool accepts(std::span<const std::string> modes, std::string_view media_type) {
  const std::string plain = net::media_type(media_type);
  return std::ranges::any_of(modes, [&plain](std::string_view mode) {
    if (mode.ends_with("/*")) return plain.starts_with(mode.substr(0, mode.size() - 1));
    return plain == mode;
  });
}

}  // namespace videogen::serve
