#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "serve/a2a_error_internal.h"

namespace videogen::serve {
namespace {

using Kind = A2aError::Kind;
using nlohmann::json;

struct Row {
  Kind kind;
  int code, status;
  std::string_view rpc_status, reason;
};

// rpc_status: google.rpc.Code by name, as the SDKs of Python and JavaScript have it.
constexpr std::array<Row, 15> kRows{{
    {Kind::task_not_found, -32001, 404, "NOT_FOUND", "TASK_NOT_FOUND"},
    {Kind::task_not_cancelable, -32002, 400, "FAILED_PRECONDITION", "TASK_NOT_CANCELABLE"},
    {Kind::push_not_supported, -32003, 400, "FAILED_PRECONDITION",
     "PUSH_NOTIFICATION_NOT_SUPPORTED"},
    {Kind::unsupported_operation, -32004, 400, "FAILED_PRECONDITION", "UNSUPPORTED_OPERATION"},
    {Kind::content_type_not_supported, -32005, 415, "INVALID_ARGUMENT",
     "CONTENT_TYPE_NOT_SUPPORTED"},
    {Kind::invalid_agent_response, -32006, 500, "INTERNAL", "INVALID_AGENT_RESPONSE"},
    {Kind::extended_card_not_configured, -32007, 400, "FAILED_PRECONDITION",
     "EXTENDED_AGENT_CARD_NOT_CONFIGURED"},
    {Kind::extension_required, -32008, 400, "FAILED_PRECONDITION", "EXTENSION_SUPPORT_REQUIRED"},
    {Kind::version_not_supported, -32009, 400, "FAILED_PRECONDITION", "VERSION_NOT_SUPPORTED"},
    {Kind::parse, RpcError::parse, 400, "INVALID_ARGUMENT", "PARSE_ERROR"},
    {Kind::invalid_request, RpcError::invalid_request, 400, "INVALID_ARGUMENT", "INVALID_REQUEST"},
    {Kind::no_such_method, RpcError::no_such_method, 404, "NOT_FOUND", "METHOD_NOT_FOUND"},
    {Kind::invalid_params, RpcError::invalid_params, 400, "INVALID_ARGUMENT", "INVALID_PARAMS"},
    {Kind::internal, RpcError::internal, 500, "INTERNAL", "INTERNAL_ERROR"},
    {Kind::busy, RpcError::internal, 429, "RESOURCE_EXHAUSTED", "QUEUE_FULL"},
}};

const Row& row_of(Kind kind) {
  const auto* found =
      std::ranges::find_if(kRows, [kind](const Row& row) { return row.kind == kind; });
  VIDEOGEN_CHECK(found != kRows.end(), "every kind of error has a row");
  return *found;
}

json details_of(const A2aError& error) {
  json metadata = json::object();
  if (error.retry_after)
    metadata["retryAfterSeconds"] = fmt::format("{}", error.retry_after->count());
  return json::array({{{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
                       {"reason", row_of(error.kind).reason},
                       {"domain", "a2a-protocol.org"},
                       {"metadata", std::move(metadata)}}});
}

Kind kind_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage:
    case ErrorCode::corrupt:
    case ErrorCode::limit:
    case ErrorCode::not_found:
    case ErrorCode::unreachable:
      return Kind::invalid_params;
    case ErrorCode::unsupported:
      return Kind::unsupported_operation;
    case ErrorCode::budget:
      return Kind::busy;
    case ErrorCode::unwritable:
    case ErrorCode::interrupted:
    case ErrorCode::internal:
      break;
  }
  return Kind::internal;
}

}  // namespace

A2aError no_such_task(std::string_view id) {
  return {Kind::task_not_found, fmt::format("there is no task {}", printable(id, 80)), {}};
}

A2aError a2a_error(const Error& error) { return {kind_of(error.code), error.message, {}}; }

A2aError a2a_error(const Refusal& refusal) {
  A2aError error = a2a_error(refusal.error);
  if (refusal.conflict) error.kind = Kind::invalid_params;
  error.retry_after = refusal.retry_after;
  return error;
}

int http_status(const A2aError& error) { return row_of(error.kind).status; }

RpcError rpc_error_of(const A2aError& error) {
  return {row_of(error.kind).code, error.message, details_of(error)};
}

json http_error_of(const A2aError& error) {
  const Row& row = row_of(error.kind);
  return {{"error",
           {{"code", row.status},
            {"status", row.rpc_status},
            {"message", error.message},
            {"details", details_of(error)}}}};
}

}  // namespace videogen::serve
