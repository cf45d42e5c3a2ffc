#include "generate/models.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "generate/tables_internal.h"

namespace videogen::generate {
namespace {

constexpr std::array kPriorities{std::pair{Priority::quality, std::string_view("quality")},
                                 std::pair{Priority::speed, std::string_view("speed")},
                                 std::pair{Priority::cost, std::string_view("cost")},
                                 std::pair{Priority::long_duration, std::string_view("long")}};

}  // namespace

std::string_view name(Priority priority) {
  for (const auto& [value, text] : kPriorities)
    if (value == priority) return text;
  return "";
}

Result<Priority> parse_priority(std::string_view text) {
  for (const auto& [value, known] : kPriorities)
    if (known == text) return value;
  return fail(ErrorCode::usage, fmt::format("priority {}: must be quality, speed, cost or long",
                                            printable(text, 40)));
}

std::optional<double> Model::price(std::string_view resolution, bool sound) const {
  const auto own = usd_per_second_by_resolution.find(std::string(resolution));
  if (own != usd_per_second_by_resolution.end()) return own->second;
  if (!sound && usd_per_second_mute) return usd_per_second_mute;
  return usd_per_second;
}

std::vector<int> Model::extended_durations_s() const {
  if (!extension_s || !longest_extended_input_s) return {};
  std::set<int> reached;
  for (const int base : durations_s)
    for (int length = base; length <= *longest_extended_input_s; length += *extension_s)
      reached.insert(length + *extension_s);
  return {reached.begin(), reached.end()};
}

const Models& shipped_models() {
  static const Models models = [] {
    Result<Models> parsed = parse_models(kModelsJson, "models.json");
    VIDEOGEN_CHECK(parsed, parsed ? "" : parsed.error().message);
    return *std::move(parsed);
  }();
  return models;
}

std::string models_text(const Models& models) {
  std::string text =
      fmt::format("{:<31} {:<7} {:<18} {:<10} {:<16} {:<16} {}\n", "model", "backend", "first for",
                  "seconds", "resolutions", "aspect ratios", "USD/s");
  for (const Model& model : models) {
    std::vector<std::string_view> priorities;
    for (const Priority priority : model.priorities) priorities.push_back(name(priority));
    std::string seconds = fmt::format("{}", fmt::join(model.durations_s, ","));
    constexpr std::size_t kWide = 10;
    if (seconds.size() > kWide)
      seconds = fmt::format("{}–{}", model.durations_s.front(), model.durations_s.back());
    std::string price = "unknown";
    if (model.usd_per_second) price = fmt::format("{:.2f}", *model.usd_per_second);
    for (const auto& [resolution, usd] : model.usd_per_second_by_resolution)
      price += fmt::format(", {} {:.2f}", resolution, usd);
    if (model.retired())
      price = fmt::format("retired {}, use {}", model.retired_since,
                          model.successor.empty() ? "another" : model.successor);
    text += fmt::format("{:<31} {:<7} {:<18} {:<10} {:<16} {:<16} {}\n", model.id, model.backend,
                        fmt::format("{}", fmt::join(priorities, ",")), seconds,
                        fmt::format("{}", fmt::join(model.resolutions, ",")),
                        fmt::format("{}", fmt::join(model.aspect_ratios, ",")), price);
  }
  std::string dates;
  for (const Model& model : models)
    if (model.usd_per_second && model.price_date > dates) dates = model.price_date;
  if (!dates.empty())
    text +=
        fmt::format("Prices are estimates, as of {}; [[generate.models]] replaces them.\n", dates);
  return text;
}

}  // namespace videogen::generate
