// A2A 0.3 over 1.0: requests become those of 1.0, results and stream items those of 0.3.
//
// What 0.3 cannot say is left out; see docs/a2a.md.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

namespace videogen::serve {

// The 1.0 method that a method of 0.3 ("message/send") stands for; empty: none.
[[nodiscard]] std::string_view modern_method(std::string_view legacy_method);

// `params` of a method of 0.3, for its 1.0 method. What is wrong with them stays wrong.
[[nodiscard]] nlohmann::json modern_params(std::string_view legacy_method, nlohmann::json params);

// A result of the 1.0 method, as 0.3 answers: bare objects with `kind`.
[[nodiscard]] nlohmann::json legacy_result(std::string_view legacy_method, nlohmann::json result);

// {"task"}, {"statusUpdate"}, … as an item of a 0.3 stream.
[[nodiscard]] nlohmann::json legacy_item(nlohmann::json item);
[[nodiscard]] nlohmann::json legacy_task(nlohmann::json task);

}  // namespace videogen::serve
