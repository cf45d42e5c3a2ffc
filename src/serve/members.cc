#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/nearest.h"
#include "serve/members_internal.h"

namespace videogen::serve {
namespace {

using nlohmann::json;

std::string shown(const json& value) {
  return printable(value.dump(-1, ' ', false, json::error_handler_t::replace), 60);
}

std::optional<double> number_in(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::int64_t> whole_in(const json& value) {
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) return std::nullopt;
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Result<Members> Members::parse(std::string_view text) {
  json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return fail(ErrorCode::usage, "the request is no JSON object");
  return Members(std::move(object));
}

const json& Members::take(const std::string& name) {
  static const json null;
  asked_.push_back(name);
  const auto at = object_.find(name);
  return at == object_.end() ? null : *at;
}

Result<std::optional<std::string>> Members::text(const std::string& name) {
  const json& value = take(name);
  if (value.is_null()) return std::nullopt;
  if (!value.is_string())
    return fail(ErrorCode::usage, fmt::format("{}: {} is no string", name, shown(value)));
  return value.get<std::string>();
}

Result<std::optional<double>> Members::number(const std::string& name, double low, double high) {
  const json& value = take(name);
  if (value.is_null()) return std::nullopt;
  const auto number = number_in(value);
  if (!number || !(*number >= low && *number <= high))
    return fail(ErrorCode::usage, fmt::format("{} {}: must be a number from {} to {}", name,
                                              shown(value), low, high));
  return number;
}

Result<std::optional<std::int64_t>> Members::whole(const std::string& name, std::int64_t low,
                                                   std::int64_t high) {
  const json& value = take(name);
  if (value.is_null()) return std::nullopt;
  const auto number = whole_in(value);
  if (!number || *number < low || *number > high)
    return fail(ErrorCode::usage, fmt::format("{} {}: must be a whole number from {} to {}", name,
                                              shown(value), low, high));
  return number;
}

Result<std::optional<bool>> Members::flag(const std::string& name) {
  const json& value = take(name);
  if (value.is_null()) return std::nullopt;
  if (value.is_boolean()) return value.get<bool>();
  if (value == "true") return true;
  if (value == "false") return false;
  return fail(ErrorCode::usage, fmt::format("{} {}: must be true or false", name, shown(value)));
}

Result<std::vector<std::string>> Members::texts(const std::string& name) {
  const json& value = take(name);
  if (value.is_null()) return std::vector<std::string>();
  if (value.is_string()) return std::vector{value.get<std::string>()};
  std::vector<std::string> found;
  const bool list = value.is_array() &&
                    std::ranges::all_of(value, [](const json& one) { return one.is_string(); });
  if (!list)
    return fail(ErrorCode::usage,
                fmt::format("{} {}: must be a string or a list of strings", name, shown(value)));
  for (const json& one : value) found.push_back(one.get<std::string>());
  return found;
}

Status Members::done() const {
  for (const auto& [name, value] : object_.items()) {
    if (std::ranges::find(asked_, name) != asked_.end()) continue;
    const auto near = nearest(name, asked_);
    return fail(ErrorCode::usage,
                fmt::format("{}: there is no such member{}; there are {}", printable(name, 60),
                            near ? fmt::format(" (did you mean {}?)", *near) : "",
                            fmt::join(asked_, ", ")));
  }
  return {};
}

}  // namespace videogen::serve
