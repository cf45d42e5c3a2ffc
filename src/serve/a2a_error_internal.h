// The errors of A2A, one table for JSON-RPC and HTTP (specification, section 5.4).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "serve/jobs.h"
#include "serve/json_rpc_internal.h"

namespace videogen::serve {

struct A2aError {
  enum class Kind {
    task_not_found,
    task_not_cancelable,
    push_not_supported,
    unsupported_operation,
    content_type_not_supported,
    invalid_agent_response,
    extended_card_not_configured,
    extension_required,
    version_not_supported,
    parse,
    invalid_request,
    no_such_method,
    invalid_params,
    internal,
    busy,  // the queue is full
  } kind = Kind::internal;
  std::string message;
  std::optional<std::chrono::seconds> retry_after{};
};

template <class T>
using A2aResult = tl::expected<T, A2aError>;

[[nodiscard]] inline tl::unexpected<A2aError> a2a_fail(A2aError::Kind kind, std::string message) {
  return tl::unexpected<A2aError>(A2aError{kind, std::move(message), {}});
}

[[nodiscard]] A2aError no_such_task(std::string_view id);
// What Jobs or an Executor said.
[[nodiscard]] A2aError a2a_error(const Error& error);
[[nodiscard]] A2aError a2a_error(const Refusal& refusal);

[[nodiscard]] int http_status(const A2aError& error);
// With ErrorInfo in `data`.
[[nodiscard]] RpcError rpc_error_of(const A2aError& error);
// {"error": {"code", "status", "message", "details"}}
[[nodiscard]] nlohmann::json http_error_of(const A2aError& error);

}  // namespace videogen::serve
