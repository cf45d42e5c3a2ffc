// From what somebody wishes to what is ordered: a model was chosen (choose.h), its rules hold,
// the prompt is complete, and the price is known as far as it can be.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "generate/choose.h"
#include "generate/order.h"
#include "generate/styles.h"

namespace videogen::generate {

struct PlannedOrder {
  Order order;             // samples: 1; without pictures, which are the caller's to add
  std::string why;         // why this model
  std::string price_from;  // where its price is from, in words
  std::optional<int> fps;  // of the model
  std::optional<int> requests_per_minute;  // of its quota
  std::size_t most_prompt = 0;             // characters that it takes; 0: no known limit
};

// `negative` may be empty; no style: the words alone. Errors: as engineer().
[[nodiscard]] Result<PlannedOrder> plan_order(const Choice& choice, std::string_view words,
                                              std::string_view negative, std::optional<Style> style,
                                              std::optional<std::int64_t> seed);

// What `candidates` clips at once cost; nullopt: nobody knows.
[[nodiscard]] std::optional<double> round_cost_usd(const Order& order, int candidates);
// Before a submit. Errors: budget (a round costs more than the limit).
[[nodiscard]] Status check_round(const Order& order, int candidates, double max_cost_usd,
                                 std::string_view price_from);

// "0.60 USD": cents, and more digits only where cents would hide something.
[[nodiscard]] std::string usd_text(double value);

}  // namespace videogen::generate
