// What a vision-language model said about a clip. It is no measurement: another model, another
// prompt or another day may say something else, so it is kept apart from all that was measured.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace videogen::coherence {

struct Opinion {
  std::string model;               // as its server calls it
  std::string server;              // its address, without what grants access
  std::string instruction_sha256;  // of the text that it was asked with, hex
  std::string layout;              // "frames", "contact_sheet"
  std::vector<double> times_s;     // of the frames that it saw
  std::optional<double> score;     // 0…10, as it gave it; absent: it gave none
  std::vector<std::string> issues;
  std::string comment;  // its own words, where it gave any
  // The score that the caller asked for; absent: the opinion decides nothing.
  std::optional<double> gate;

  [[nodiscard]] std::optional<bool> passed() const {
    if (!gate) return std::nullopt;
    return score && *score >= *gate;
  }
};

struct Report;

// Puts the opinion into the report. Under its gate it is a reason, and the verdict is `fail`
// unless it was unknown; without a gate it changes nothing else.
void take_opinion(Report& report, Opinion opinion);

// As in a report: {"model", "server", …}, on one line.
[[nodiscard]] std::string to_json(const Opinion& opinion);
// "qwen gives 7 of 10 by 6 frames (an opinion, it decides nothing)", for people.
[[nodiscard]] std::string to_text(const Opinion& opinion);

}  // namespace videogen::coherence
