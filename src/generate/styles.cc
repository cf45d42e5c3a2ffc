#include "generate/styles.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/nearest.h"
#include "generate/tables_internal.h"
#include "generate/text.h"

namespace videogen::generate {
namespace {

using Json = nlohmann::json;

constexpr std::array kMembers{
    std::pair{"name", &Style::name},        std::pair{"summary", &Style::summary},
    std::pair{"subject", &Style::subject},  std::pair{"action", &Style::action},
    std::pair{"camera", &Style::camera},    std::pair{"lens", &Style::lens},
    std::pair{"light", &Style::light},      std::pair{"mood", &Style::mood},
    std::pair{"motion", &Style::motion},    std::pair{"audio", &Style::audio},
    std::pair{"negative", &Style::negative}};

bool is_name(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

Result<Style> parse_style(const Json& json, const std::string& place) {
  if (!json.is_object()) return fail(ErrorCode::corrupt, place + ": a style is an object");
  Style style;
  for (const auto& [key, value] : json.items()) {
    const auto member = std::ranges::find(kMembers, std::string_view(key), [](const auto& entry) {
      return std::string_view(entry.first);
    });
    if (member == kMembers.end())
      return fail(ErrorCode::corrupt,
                  fmt::format("{}: no style has a member {}", place, printable(key, 60)));
    if (!value.is_string())
      return fail(ErrorCode::corrupt, fmt::format("{}: {} must be text", place, key));
    style.*member->second = value.get<std::string>();
    if (const auto bad = unprintable(style.*member->second); bad)
      return fail(ErrorCode::corrupt, fmt::format("{}: {} holds {}", place, key, *bad));
  }
  if (!is_name(style.name) || style.name == "none")
    return fail(ErrorCode::corrupt,
                fmt::format("{}: a name has lower-case letters, digits and hyphens, and is not "
                            "none: {}",
                            place, printable(style.name, 60)));
  return style;
}

}  // namespace

Result<Styles> parse_styles(std::string_view text, std::string_view source) {
  const Json json = Json::parse(text, nullptr, false);
  const std::string place = printable(source);
  if (json.is_discarded()) return fail(ErrorCode::corrupt, place + ": not JSON");
  if (!json.is_object() || !json.contains("styles") || !json.at("styles").is_array() ||
      json.at("styles").empty())
    return fail(ErrorCode::corrupt,
                place + ": holds no list of styles: {\"styles\": [{\"name\": …}]}");
  Styles styles;
  for (const Json& item : json.at("styles")) {
    VIDEOGEN_TRY(Style style,
                 parse_style(item, fmt::format("{}: style {}", place, styles.size() + 1)));
    if (std::ranges::find(styles, style.name, &Style::name) != styles.end())
      return fail(ErrorCode::corrupt, fmt::format("{}: {} is there twice", place, style.name));
    styles.push_back(std::move(style));
  }
  return styles;
}

const Styles& shipped_styles() {
  static const Styles styles = [] {
    Result<Styles> parsed = parse_styles(kStylesJson, "styles.json");
    VIDEOGEN_CHECK(parsed, "styles.json is well formed");
    return *std::move(parsed);
  }();
  return styles;
}

Result<Style> find_style(const Styles& styles, std::string_view name) {
  const auto found = std::ranges::find(styles, name, &Style::name);
  if (found != styles.end()) return *found;
  std::vector<std::string> names;
  for (const Style& style : styles) names.push_back(style.name);
  const auto near = nearest(name, names);
  return fail(
      ErrorCode::usage,
      near ? fmt::format("no style {} (did you mean {}?)", printable(name, 60), *near)
           : fmt::format("no style {}: there are {}", printable(name, 60), fmt::join(names, ", ")));
}

}  // namespace videogen::generate
