// One file over HTTP, in as many connections as that takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>

#include "base/error.h"
#include "net/http_client.h"
#include "net/retry.h"

namespace videogen::net {

// Where the bytes go.
struct Target {
  std::function<Status(std::span<const std::byte>)> append;
  // What has come is void (the server has another version, or knows no ranges): begin anew.
  std::function<Status()> restart;
  // Before the first byte of each connection; `total` where the server says it. May be empty.
  std::function<Status(const Response& head, std::optional<std::uint64_t> total)> begin{};
  // What lies at the address never changes, or the caller checks a digest: whatever is here is of
  // the same file.
  bool immutable = false;
};

// GET. A transfer that breaks goes on where it stopped if the server says that the file is still
// the same (If-Range, by its ETag or date), and begins anew otherwise. `already`: bytes that the
// target holds from an earlier run. Deadlines::whole is for all connections together.
// The response is the last one, 200 or 206, without its body.
// Errors: as HttpClient::send(), http_error() for another status, those of the target; corrupt
// (a range that was not asked for).
[[nodiscard]] Result<Response> resumable_get(const HttpClient& client, const Request& request,
                                             std::uint64_t already, const Target& target,
                                             const RetryPolicy& policy, const std::stop_token& stop,
                                             const Timing& timing = Timing::real());

}  // namespace videogen::net
