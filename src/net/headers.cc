#include "net/headers.h"

#include <algorithm>

namespace videogen::net {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

void Headers::add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string name, std::string value) {
  remove(name);
  add(std::move(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [&](const Field& field) { return same_name(field.first, name); });
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const Field& field : fields_)
    if (same_name(field.first, name)) return field.second;
  return std::nullopt;
}

std::optional<std::string> Headers::first(std::string_view name) const {
  const auto found = find(name);
  return found ? std::optional<std::string>(*found) : std::nullopt;
}

std::vector<std::string> Headers::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const Field& field : fields_)
    if (same_name(field.first, name)) values.push_back(field.second);
  return values;
}

}  // namespace videogen::net
