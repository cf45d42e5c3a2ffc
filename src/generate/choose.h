// Which model makes the clip, and whether it can: decided from the table, before money is spent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "generate/models.h"

namespace videogen::generate {

// What the caller asked for; what is absent is the model's choice.
struct Wish {
  std::optional<std::string> backend{};  // nullopt: the model's, or "veo"
  std::optional<std::string> model{};
  std::optional<Priority> priority{};  // nullopt: quality
  std::optional<int> seconds{};
  std::optional<std::string> aspect_ratio{}, resolution{};
  std::optional<bool> audio{};  // nullopt: where the model can
  std::optional<std::int64_t> seed{};
  bool image = false, last_frame = false;
  int references = 0;
  std::optional<double> usd_per_second{};  // the caller's own price, over the table's
};

struct Choice {
  Model model;
  std::string model_id;  // as it is sent; empty: the server's own
  int seconds = 0;       // of the first clip
  // How often it is continued afterwards, each time by model.extension_s.
  int extensions = 0;
  std::string aspect_ratio, resolution;
  bool audio = false;
  std::optional<double> usd_per_second;  // of one sample; nullopt: nobody knows
  std::string price_from;                // where that is from, in words
  std::string why;                       // why this model, one sentence without a full stop

  [[nodiscard]] int all_seconds() const {
    return seconds + extensions * model.extension_s.value_or(0);
  }
};

// A named model must do all that is asked. Without one the first that can is taken, by priority:
//   quality, speed, long  those that the table calls first for it, then the others, in its order
//   cost                  by price of a second as asked, the cheapest first
// Retired models are never chosen. Errors: usage, one line that names what cannot be and what
// can: an unknown or retired model or back end, a length, shape or size that the model does not
// make, inputs that exclude each other.
[[nodiscard]] Result<Choice> choose(const Models& models, const Wish& wish);

}  // namespace videogen::generate
