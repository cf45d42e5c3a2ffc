// The options of a request, member by member. What is asked for is checked; what nobody asked for
// is an unknown member. Values may come as strings, as forms send them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace videogen::serve {

class Members {
 public:
  // Errors: usage (no JSON object).
  static Result<Members> parse(std::string_view text);

  // Of all of these: absent and null are nullopt; usage where the value is of another kind or out
  // of range.
  [[nodiscard]] Result<std::optional<std::string>> text(const std::string& name);
  [[nodiscard]] Result<std::optional<double>> number(const std::string& name, double low,
                                                     double high);
  [[nodiscard]] Result<std::optional<std::int64_t>> whole(const std::string& name, std::int64_t low,
                                                          std::int64_t high);
  [[nodiscard]] Result<std::optional<bool>> flag(const std::string& name);
  // A string or a list of them; empty where it is absent.
  [[nodiscard]] Result<std::vector<std::string>> texts(const std::string& name);

  // Errors: usage (a member that nobody asked for), with the nearest that was.
  [[nodiscard]] Status done() const;

 private:
  explicit Members(nlohmann::json object) : object_(std::move(object)) {}
  // Null where it is absent.
  const nlohmann::json& take(const std::string& name);

  nlohmann::json object_;
  std::vector<std::string> asked_;
};

}  // namespace videogen::serve
