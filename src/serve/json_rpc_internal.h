// JSON-RPC 2.0, as A2A and MCP speak it: one call a message, no batches.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace videogen::serve {

struct RpcError {
  enum Code {
    parse = -32700,
    invalid_request = -32600,
    no_such_method = -32601,
    invalid_params = -32602,
    internal = -32603,
  };
  int code = internal;
  std::string message;
  nlohmann::json data{};  // null: none
};

struct RpcCall {
  // A string or a number, to be echoed as it came. Null where the caller wrote null.
  nlohmann::json id{};
  bool notification = false;  // without an id: nobody waits for an answer
  std::string method;
  nlohmann::json params = nlohmann::json::object();  // always an object
};

// Why a message is no call, and to which id that is answered (null: it could not be read).
struct RpcRefusal {
  nlohmann::json id{};
  RpcError error;
};

// A response (of a client that was asked nothing) is refused as an invalid request.
[[nodiscard]] tl::expected<RpcCall, RpcRefusal> parse_rpc_call(std::string_view text);

[[nodiscard]] nlohmann::json rpc_result(const nlohmann::json& id, nlohmann::json result);
[[nodiscard]] nlohmann::json rpc_error(const nlohmann::json& id, const RpcError& error);

}  // namespace videogen::serve
