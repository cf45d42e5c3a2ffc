// Orders as JSON, for the journal.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "generate/order.h"

namespace videogen::generate {

[[nodiscard]] std::string order_json(const Order& order);
// Errors: corrupt.
[[nodiscard]] Result<Order> order_from_json(std::string_view text);

}  // namespace videogen::generate
