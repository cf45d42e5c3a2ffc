#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/nearest.h"
#include "generate/models.h"

namespace videogen::generate {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMostSeconds = 3600;

// The number itself, of an optional one what it holds.
template <class T>
struct Held {
  using type = T;
};
template <class T>
struct Held<std::optional<T>> {
  using type = T;
};
template <class T>
using Whole = typename Held<T>::type;

// Reads the members of one model; the first thing that is wrong stays in `wrong`.
class Members {
 public:
  explicit Members(const Json& json) : json_(json) {}

  void text(const char* key, std::string& value) {
    with(key, [&](const Json& member) {
      if (!member.is_string()) return refuse(key, "text");
      value = member.get<std::string>();
      if (value.empty() || printable(value, value.size()) != value) refuse(key, "plain text");
    });
  }
  void flag(const char* key, bool& value) {
    with(key, [&](const Json& member) {
      if (!member.is_boolean()) return refuse(key, "true or false");
      value = member.get<bool>();
    });
  }
  template <class Number>
  void whole(const char* key, Number& value, std::int64_t low, std::int64_t high) {
    with(key, [&](const Json& member) {
      if (!member.is_number_integer() || member.get<std::int64_t>() < low ||
          member.get<std::int64_t>() > high)
        return refuse(key, fmt::format("a whole number from {} to {}", low, high));
      value = Whole<Number>(member.get<std::int64_t>());
    });
  }
  void price(const char* key, std::optional<double>& value) {
    with(key, [&](const Json& member) { value = price_of(key, member); });
  }
  void prices(const char* key, std::map<std::string, double>& values) {
    with(key, [&](const Json& member) {
      if (!member.is_object()) return refuse(key, "prices by resolution");
      for (const auto& [resolution, price] : member.items())
        values[resolution] = price_of(key, price);
    });
  }
  void seconds(const char* key, std::vector<int>& values) {
    with(key, [&](const Json& member) {
      if (!member.is_array()) return refuse(key, "a list of seconds");
      for (const Json& item : member) {
        if (!item.is_number_integer() || item.get<std::int64_t>() < 1 ||
            item.get<std::int64_t>() > kMostSeconds)
          return refuse(key, fmt::format("whole seconds from 1 to {}", kMostSeconds));
        values.push_back(item.get<int>());
      }
      std::ranges::sort(values);
    });
  }
  void texts(const char* key, std::vector<std::string>& values) {
    with(key, [&](const Json& member) {
      if (!member.is_array()) return refuse(key, "a list of texts");
      for (const Json& item : member) {
        if (!item.is_string() || item.get_ref<const std::string&>().empty())
          return refuse(key, "a list of texts");
        values.push_back(item.get<std::string>());
      }
    });
  }
  void require(const char* key) {
    if (wrong_.empty() && (!json_.contains(key) || json_.at(key).empty()))
      wrong_ = fmt::format("{} is missing", key);
    known_.emplace_back(key);
  }
  void refuse(const char* key, std::string_view expected) {
    if (wrong_.empty()) wrong_ = fmt::format("{} must be {}", key, expected);
  }
  void rule(bool holds, std::string_view otherwise) {
    if (wrong_.empty() && !holds) wrong_ = otherwise;
  }
  // The first thing that is wrong; empty if nothing is.
  std::string wrong() {
    for (const auto& [key, value] : json_.items()) {
      if (!wrong_.empty() || std::ranges::find(known_, key) != known_.end()) continue;
      const auto near = nearest(key, known_);
      wrong_ = fmt::format("no model has a member {}{}", printable(key, 60),
                           near ? fmt::format(" (did you mean {}?)", *near) : "");
    }
    return wrong_;
  }

 private:
  void with(const char* key, const std::function<void(const Json&)>& read) {
    known_.emplace_back(key);
    const auto found = json_.find(key);
    if (found != json_.end() && !found->is_null()) read(*found);
  }
  double price_of(const char* key, const Json& member) {
    constexpr double kMostUsd = 10'000;
    if (member.is_number() && member.get<double>() >= 0 && member.get<double>() <= kMostUsd)
      return member.get<double>();
    refuse(key, "a price in US dollars");
    return 0;
  }

  const Json& json_;
  std::vector<std::string> known_;
  std::string wrong_;
};

void read_priorities(Members& members, Model& model) {
  std::vector<std::string> names;
  members.texts("priority", names);
  for (const std::string& text : names) {
    const auto priority = parse_priority(text);
    if (!priority) return members.refuse("priority", "of quality, speed, cost, long");
    model.priorities.push_back(*priority);
  }
}

template <class T>
bool holds(const std::vector<T>& list, const T& value) {
  return std::ranges::find(list, value) != list.end();
}

void check(Members& members, Model& model) {
  members.rule(model.backend == "veo" || model.backend == "videos",
               "backend must be veo or videos");
  if (model.default_s == 0 && !model.durations_s.empty())
    model.default_s = model.durations_s.back();
  members.rule(holds(model.durations_s, model.default_s), "default_s must be one of durations_s");
  for (const int seconds : model.reference_durations_s)
    members.rule(holds(model.durations_s, seconds), "reference_durations_s must be of durations_s");
  members.rule(model.extension_s.has_value() == model.longest_extended_input_s.has_value(),
               "extension_s and longest_extended_input_s go together");
  for (const auto& [resolution, usd] : model.usd_per_second_by_resolution)
    members.rule(holds(model.resolutions, resolution),
                 "usd_per_second_by_resolution must be of resolutions");
  members.rule(!model.last_frames || model.images, "last_frames needs images");
  members.rule(model.successor.empty() || model.retired(), "successor belongs to retired_since");
}

Result<Model> parse_model(const Json& json, const std::string& place) {
  if (!json.is_object()) return fail(ErrorCode::usage, place + ": a model is an object");
  Model model;
  Members members(json);
  for (const char* key : {"id", "backend", "durations_s", "resolutions", "aspect_ratios"})
    members.require(key);
  members.text("id", model.id);
  members.text("backend", model.backend);
  read_priorities(members, model);
  members.seconds("durations_s", model.durations_s);
  members.whole("default_s", model.default_s, 1, kMostSeconds);
  members.texts("resolutions", model.resolutions);
  members.texts("aspect_ratios", model.aspect_ratios);
  members.whole("fps", model.fps, 1, 240);
  members.flag("audio", model.audio);
  members.flag("images", model.images);
  members.flag("last_frames", model.last_frames);
  members.whole("references", model.references, 0, 100);
  members.seconds("reference_durations_s", model.reference_durations_s);
  members.whole("extension_s", model.extension_s, 1, kMostSeconds);
  members.whole("longest_extended_input_s", model.longest_extended_input_s, 1, kMostSeconds);
  members.whole("most_samples", model.most_samples, 1, 100);
  members.whole("most_seed", model.most_seed, 0, std::numeric_limits<std::int64_t>::max());
  members.whole("prompt_characters", model.prompt_characters, 1, 1'000'000);
  members.whole("requests_per_minute", model.requests_per_minute, 1, 1'000'000);
  members.price("usd_per_second", model.usd_per_second);
  members.price("usd_per_second_mute", model.usd_per_second_mute);
  members.prices("usd_per_second_by_resolution", model.usd_per_second_by_resolution);
  members.text("price_source", model.price_source);
  members.text("price_date", model.price_date);
  members.text("retired_since", model.retired_since);
  members.text("successor", model.successor);
  members.text("note", model.note);
  check(members, model);
  const std::string wrong = members.wrong();
  if (wrong.empty()) return model;
  const std::string id = model.id.empty() ? "" : fmt::format(" ({})", printable(model.id, 60));
  return fail(ErrorCode::usage, fmt::format("{}{}: {}", place, id, wrong));
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}
Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json model_json(const Model& model) {
  Json priorities = Json::array();
  for (const Priority priority : model.priorities) priorities.push_back(name(priority));
  return {{"id", model.id},
          {"backend", model.backend},
          {"priority", std::move(priorities)},
          {"durations_s", model.durations_s},
          {"default_s", model.default_s},
          {"resolutions", model.resolutions},
          {"aspect_ratios", model.aspect_ratios},
          {"fps", or_null(model.fps)},
          {"audio", model.audio},
          {"images", model.images},
          {"last_frames", model.last_frames},
          {"references", model.references},
          {"reference_durations_s", model.reference_durations_s},
          {"extension_s", or_null(model.extension_s)},
          {"longest_extended_input_s", or_null(model.longest_extended_input_s)},
          {"most_samples", model.most_samples},
          {"most_seed", model.most_seed},
          {"prompt_characters",
           model.prompt_characters == 0 ? Json(nullptr) : Json(model.prompt_characters)},
          {"requests_per_minute", or_null(model.requests_per_minute)},
          {"usd_per_second", or_null(model.usd_per_second)},
          {"usd_per_second_mute", or_null(model.usd_per_second_mute)},
          {"usd_per_second_by_resolution", Json(model.usd_per_second_by_resolution)},
          {"price_source", or_null(model.price_source)},
          {"price_date", or_null(model.price_date)},
          {"retired_since", or_null(model.retired_since)},
          {"successor", or_null(model.successor)},
          {"note", or_null(model.note)}};
}

}  // namespace

Result<Models> parse_models(std::string_view text, std::string_view source) {
  const Json json = Json::parse(text, nullptr, false);
  const std::string place = printable(source);
  if (json.is_discarded()) return fail(ErrorCode::usage, place + ": not JSON");
  const Json list = json.is_object() && json.contains("models") ? json.at("models") : json;
  if (!list.is_array() || list.empty())
    return fail(ErrorCode::usage, place + ": holds no list of models");
  Models models;
  for (const Json& item : list) {
    VIDEOGEN_TRY(Model model,
                 parse_model(item, fmt::format("{}: model {}", place, models.size() + 1)));
    const auto same = [&model](const Model& other) {
      return other.id == model.id && other.backend == model.backend;
    };
    if (std::ranges::any_of(models, same))
      return fail(ErrorCode::usage,
                  fmt::format("{}: {} is there twice", place, printable(model.id, 60)));
    models.push_back(std::move(model));
  }
  return models;
}

std::string models_json(const Models& models) {
  Json json{{"schema", "videogen.models/1"}, {"models", Json::array()}};
  for (const Model& model : models) json["models"].push_back(model_json(model));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace videogen::generate
