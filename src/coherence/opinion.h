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

}  // namespace videogen::coherence
