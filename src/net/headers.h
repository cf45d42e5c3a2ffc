// Header fields of an HTTP message (RFC 9110, section 5): names without regard to case, order
// and repetitions kept.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace videogen::net {

class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value);
  // In place of every field of that name.
  void set(std::string name, std::string value);
  void remove(std::string_view name);

  // The first of this name: a view into this object, valid until it changes.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  // The same as a copy, for headers that do not outlive the expression.
  [[nodiscard]] std::optional<std::string> first(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return find(name).has_value(); }

  // In their order.
  [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

// Whether two names of fields are the same one.
[[nodiscard]] bool same_name(std::string_view a, std::string_view b);

}  // namespace videogen::net
