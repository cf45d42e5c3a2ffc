// The table of video models: what each can do, costs, and when it went.
//
// models.json is shipped inside the library; [[generate.models]] in a configuration replaces it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace videogen::generate {

enum class Priority { quality, speed, cost, long_duration };

[[nodiscard]] std::string_view name(Priority priority);  // "quality", "speed", "cost", "long"
// Errors: usage.
[[nodiscard]] Result<Priority> parse_priority(std::string_view text);

// The id of an entry that stands for every model of its back end.
inline constexpr std::string_view kAnyModel = "*";

struct Model {
  std::string id;
  std::string backend;                     // "veo", "videos"
  std::vector<Priority> priorities;        // what it is the first choice for
  std::vector<int> durations_s;            // ascending, not empty
  int default_s = 0;                       // of durations_s
  std::vector<std::string> resolutions;    // the first is the default; not empty
  std::vector<std::string> aspect_ratios;  // likewise
  std::optional<int> fps;                  // nullopt: its server's choice
  bool audio = false;                      // can make sound
  bool images = false;                     // takes a first frame
  bool last_frames = false;                // and a last one
  int references = 0;                      // pictures of what should appear, at most
  std::vector<int> reference_durations_s;  // with those; empty: durations_s
  // A clip of at most longest_extended_input_s can be continued by this; nullopt: it cannot.
  std::optional<int> extension_s, longest_extended_input_s;
  int most_samples = 1;  // clips of one submit; more are submits of their own
  std::int64_t most_seed = 4294967295;
  std::size_t prompt_characters = 0;       // Unicode code points; 0: no known limit
  std::optional<int> requests_per_minute;  // of a project
  // US dollars for a second of clip with sound; nullopt: nobody knows.
  std::optional<double> usd_per_second;
  std::optional<double> usd_per_second_mute;
  // Where a resolution costs something else, with sound or without.
  std::map<std::string, double> usd_per_second_by_resolution;
  std::string price_source, price_date;
  std::string retired_since;  // "2026-06-30"; empty: in service
  std::string successor;
  std::string note;

  [[nodiscard]] bool retired() const { return !retired_since.empty(); }
  // Price of a second; an upper bound where only the price with sound is known.
  [[nodiscard]] std::optional<double> price(std::string_view resolution, bool sound) const;
  // Lengths that a chain of extensions reaches, ascending; empty if it has none. A chain begins
  // with one of durations_s.
  [[nodiscard]] std::vector<int> extended_durations_s() const;
};

using Models = std::vector<Model>;

[[nodiscard]] const Models& shipped_models();

// `text` is {"models": [{"id", "backend", "durations_s", "resolutions", "aspect_ratios", …}]} or
// the list alone; every other member may be left out or null. `source` names it in errors.
// Errors: usage (not JSON, an unknown, missing or impossible member, an id twice), with the
// model.
[[nodiscard]] Result<Models> parse_models(std::string_view text, std::string_view source);

// {"models": […]} with every member, in the form that parse_models() reads; ends with a newline.
[[nodiscard]] std::string models_json(const Models& models);
// A table for people.
[[nodiscard]] std::string models_text(const Models& models);

}  // namespace videogen::generate
