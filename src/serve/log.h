// The service's log: a JSON object a line.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace videogen::serve {

// Gets whole lines, without line break; called by several threads at once.
using LogSink = std::function<void(std::string_view line)>;

// {"time": "2026-11-26T12:00:00.123Z", "level": "info", "event": "job_started", …}
[[nodiscard]] std::string log_line(
    std::string_view level, std::string_view event,
    std::initializer_list<std::pair<std::string_view, std::string_view>> fields);

// "2026-11-26T12:00:00.123Z"; empty for 0.
[[nodiscard]] std::string time_text(std::int64_t unix_ms);

}  // namespace videogen::serve
