// Why the pool or the batcher did not do what it was asked: an Error that callers can tell apart.
//
// A Refusal is an Error, so a function that returns Result may pass one on; whoever answers a
// request looks at `reason` and `retry_after` first.
#pragma once

#include <chrono>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>

#include "base/error.h"

namespace videogen::pool {

enum class Reason {
  too_large,          // can never be had, however long one waits        ErrorCode::limit
  overloaded,         // the queue is full; retry_after says when         budget
  deadline_exceeded,  // waited as long as was allowed                    budget
  cancelled,          // the caller's stop token                          interrupted
  conflict,           // the same id is there with another size           usage
  backend_error,      // the device or the system failed                  unreachable
  shutting_down,      // nothing new is taken                             interrupted
  not_found,          // no such id                                       not_found
};

struct Refusal : Error {
  Reason reason = Reason::backend_error;
  std::optional<std::chrono::milliseconds> retry_after{};  // with overloaded
};

template <class T>
using PoolResult = tl::expected<T, Refusal>;

// As a word, stable for logs and JSON: "too_large", …
[[nodiscard]] std::string_view name(Reason reason);

[[nodiscard]] Refusal refusal(Reason reason, std::string message,
                              std::optional<std::chrono::milliseconds> retry_after = {},
                              std::source_location where = std::source_location::current());

}  // namespace videogen::pool
