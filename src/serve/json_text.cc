#include <fmt/format.h>

#include "serve/json_text_internal.h"

namespace videogen::serve {
namespace {

using nlohmann::json;

std::string snake_case(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      out += '_';
      out += char(c - 'A' + 'a');
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

Result<json> parse_json(std::string_view text) {
  bool too_deep = false;
  const auto watch = [&too_deep](int depth, json::parse_event_t event, json&) {
    const bool opens =
        event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    if (!opens || depth < kMostJsonDepth) return true;
    too_deep = true;
    return false;
  };
  try {
    json document = json::parse(text.begin(), text.end(), watch);
    if (too_deep)
      return fail(ErrorCode::corrupt,
                  fmt::format("JSON with over {} levels inside each other", kMostJsonDepth));
    return document;
  } catch (const json::exception& broken) {
    return fail(ErrorCode::corrupt, fmt::format("not JSON: {}", printable(broken.what(), 160)));
  }
}

std::string text_of(const json& document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

const json& member(const json& object, std::string_view name) {
  static const json none;
  if (!object.is_object()) return none;
  auto at = object.find(name);
  if (at == object.end()) at = object.find(snake_case(name));
  return at == object.end() ? none : *at;
}

std::string text_member(const json& object, std::string_view name) {
  const json& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

}  // namespace videogen::serve
