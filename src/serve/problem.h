// Answers of the service in short: JSON, and problems (RFC 9457) with the exit code's class.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "net/http_exchange.h"
#include "serve/jobs.h"

namespace videogen::serve {

[[nodiscard]] net::ServerResponse json_answer(std::string json, int status = 200);

// {"type", "title", "status", "detail", "exit_code"}; `title` is the status's own words.
[[nodiscard]] net::ServerResponse problem(int status, std::string_view detail, int exit_code);
// With the status that belongs to the code: 400 usage, 404 not_found, 422 what was asked for
// cannot be done, 501 unsupported, 502 unreachable, 503 interrupted, 507 unwritable, 500.
[[nodiscard]] net::ServerResponse problem(const Error& error);
[[nodiscard]] int http_status(ErrorCode code);
// What net::serve_file() gave; a 416 says why in a body of the service's kind.
[[nodiscard]] net::ServerResponse file_answer(net::ServerResponse response);
// 409 for a key that was used for something else, 429 with Retry-After where the queue is full.
[[nodiscard]] net::ServerResponse problem(const Refusal& refusal);

}  // namespace videogen::serve
