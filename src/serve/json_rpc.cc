#include "serve/json_rpc_internal.h"

#include "serve/json_text_internal.h"

namespace videogen::serve {
namespace {

using nlohmann::json;

tl::unexpected<RpcRefusal> refuse(json id, int code, std::string message) {
  return tl::unexpected<RpcRefusal>(
      RpcRefusal{std::move(id), RpcError{code, std::move(message), {}}});
}

}  // namespace

tl::expected<RpcCall, RpcRefusal> parse_rpc_call(std::string_view text) {
  auto document = parse_json(text);
  if (!document) return refuse(nullptr, RpcError::parse, document.error().message);
  if (document->is_array())
    return refuse(nullptr, RpcError::invalid_request,
                  "batches are not supported: send each call by itself");
  if (!document->is_object())
    return refuse(nullptr, RpcError::invalid_request, "a call is a JSON object");

  RpcCall call;
  const auto id = document->find("id");
  call.notification = id == document->end();
  if (!call.notification) {
    const bool usable = id->is_string() || id->is_number() || id->is_null();
    if (!usable)
      return refuse(nullptr, RpcError::invalid_request, "id must be a string or a number");
    call.id = *id;
  }
  const auto version = document->find("jsonrpc");
  if (version == document->end() || *version != "2.0")
    return refuse(call.id, RpcError::invalid_request, "jsonrpc must be \"2.0\"");
  const auto method = document->find("method");
  if (method == document->end() || !method->is_string())
    return refuse(call.id, RpcError::invalid_request, "method must be a string");
  call.method = method->get<std::string>();
  if (const auto params = document->find("params");
      params != document->end() && !params->is_null()) {
    if (!params->is_object())
      return refuse(call.id, RpcError::invalid_params, "params must be an object");
    call.params = std::move(*params);
  }
  return call;
}

json rpc_result(const json& id, json result) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}};
}

json rpc_error(const json& id, const RpcError& error) {
  json body{{"code", error.code}, {"message", error.message}};
  if (!error.data.is_null()) body["data"] = error.data;
  return {{"jsonrpc", "2.0"}, {"id", id}, {"error", std::move(body)}};
}

}  // namespace videogen::serve
