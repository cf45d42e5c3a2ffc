#include <algorithm>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string_view>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/file.h"
#include "cli/settings_internal.h"
#include "cli/suggest.h"

namespace videogen::cli {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;

// Flags that only make sense when typed.
constexpr std::string_view kTypedOnly[] = {"help", "config", "force", "output"};

class Place {
 public:
  explicit Place(const std::filesystem::path& file) : file_(printable(file.string())) {}
  [[nodiscard]] tl::unexpected<Error> error(const toml::source_region& at, std::string_view message,
                                            ErrorCode code = ErrorCode::usage) const {
    return fail(code, fmt::format("{}:{}: {}", file_, at.begin.line, message));
  }

 private:
  std::string file_;
};

std::vector<std::string> settable_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames())
      if (std::ranges::find(kTypedOnly, name) == std::end(kTypedOnly)) names.push_back(name);
  return names;
}

std::string did_you_mean(std::string_view typed, const std::vector<std::string>& names) {
  const auto near = nearest(typed, names);
  return near ? fmt::format(" (did you mean {}?)", *near) : "";
}

// The value as it would be typed.
std::optional<std::string> typed(const toml::node& value) {
  if (const auto* text = value.as_string()) return text->get();
  if (const auto* number = value.as_integer()) return fmt::format("{}", number->get());
  if (const auto* number = value.as_floating_point()) return fmt::format("{}", number->get());
  return std::nullopt;
}

bool is_flag(const CLI::Option& option) { return option.get_expected_max() == 0; }

bool already_set(const CLI::Option& option) {
  if (option.count() > 0) return true;
  return std::ranges::any_of(option.get_excludes(),
                             [](const CLI::Option* other) { return other->count() > 0; });
}

Result<std::vector<std::string>> values_of(const Place& place, const std::string& name,
                                           const CLI::Option& option, const toml::node& value) {
  if (is_flag(option)) {
    const auto* flag = value.as_boolean();
    if (flag == nullptr) return place.error(value.source(), name + " must be true or false");
    return flag->get() ? std::vector<std::string>{"true"} : std::vector<std::string>{};
  }
  std::vector<std::string> values;
  const auto* list = value.as_array();
  if (list != nullptr && option.get_items_expected_max() > 1) {
    for (const toml::node& item : *list) {
      const auto text = typed(item);
      if (!text) return place.error(item.source(), name + " must hold strings or numbers");
      values.push_back(*text);
    }
    return values;
  }
  const auto text = typed(value);
  if (!text) return place.error(value.source(), name + " must be a string or a number");
  values.push_back(*text);
  return values;
}

Result<std::set<std::string>> apply_table(const Place& place, const toml::table& table,
                                          CLI::App& command, const std::set<std::string>& tables) {
  const std::vector<std::string> names = settable_names(command);
  std::set<std::string> applied;
  for (const auto& [key, value] : table) {
    const std::string name(key.str());
    if (tables.contains(name)) continue;
    if (std::ranges::find(names, name) == names.end()) {
      return place.error(key.source(), fmt::format("{} has no flag {}{}", command.get_name(),
                                                   printable(name, 60), did_you_mean(name, names)));
    }
    CLI::Option* option = command.get_option("--" + name);
    VIDEOGEN_TRY(std::vector<std::string> values, values_of(place, name, *option, value));
    if (already_set(*option) || values.empty()) continue;
    option->add_result(std::move(values));
    option->run_callback();
    applied.insert(name);
  }
  return applied;
}

Result<toml::table> parse_file(const std::filesystem::path& file, const Place& place) {
  VIDEOGEN_TRY(const std::string text, read_file(file, kMostBytes));
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return place.error(error.source(), printable(error.description(), 200), ErrorCode::corrupt);
  }
}

}  // namespace

Result<std::set<std::string>> apply_file(const std::filesystem::path& file,
                                         const std::vector<std::string>& verbs,
                                         const std::string& verb, CLI::App& command,
                                         const std::set<std::string>& own_tables) {
  const Place place(file);
  VIDEOGEN_TRY(const toml::table tables, parse_file(file, place));
  for (const auto& [key, value] : tables) {
    const std::string name(key.str());
    if (std::ranges::find(verbs, name) == verbs.end()) {
      return place.error(key.source(), fmt::format("no verb {}{}", printable(name, 60),
                                                   did_you_mean(name, verbs)));
    }
    if (!value.is_table())
      return place.error(key.source(), fmt::format("{} must be a table of flags: [{}]",
                                                   printable(name, 60), printable(name, 60)));
  }
  const toml::table* table = tables[verb].as_table();
  if (table == nullptr) return std::set<std::string>{};
  return apply_table(place, *table, command, own_tables);
}

Result<std::optional<std::string>> tables_in_file(const std::filesystem::path& file,
                                                  const std::string& verb, const std::string& key) {
  const Place place(file);
  VIDEOGEN_TRY(const toml::table document, parse_file(file, place));
  const auto found = document[verb][key];
  if (!found) return std::nullopt;
  if (!found.is_array_of_tables())
    return place.error(found.node()->source(),
                       fmt::format("{} must be tables: [[{}.{}]]", key, verb, key));
  std::ostringstream json;
  json << toml::json_formatter(*found.as_array());
  return json.str();
}

}  // namespace videogen::cli
