#include "serve/log.h"

#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "serve/store_internal.h"

namespace videogen::serve {

std::string time_text(std::int64_t unix_ms) {
  if (unix_ms == 0) return {};
  const std::time_t seconds = unix_ms / 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), unix_ms % 1000);
}

std::string log_line(std::string_view level, std::string_view event,
                     std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  using Json = nlohmann::ordered_json;
  Json line{{"time", time_text(unix_ms())}, {"level", level}, {"event", event}};
  for (const auto& [name, value] : fields)
    if (!value.empty()) line[std::string(name)] = value;
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace videogen::serve
