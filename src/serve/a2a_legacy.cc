#include "serve/a2a_legacy_internal.h"

#include <array>
#include <string>
#include <utility>

#include "serve/json_text_internal.h"

namespace videogen::serve {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kMethods{
    {{"message/send", "SendMessage"},
     {"message/stream", "SendStreamingMessage"},
     {"tasks/get", "GetTask"},
     {"tasks/cancel", "CancelTask"},
     {"tasks/resubscribe", "SubscribeToTask"},
     {"tasks/pushNotificationConfig/set", "CreateTaskPushNotificationConfig"},
     {"tasks/pushNotificationConfig/get", "GetTaskPushNotificationConfig"},
     {"tasks/pushNotificationConfig/list", "ListTaskPushNotificationConfigs"},
     {"tasks/pushNotificationConfig/delete", "DeleteTaskPushNotificationConfig"},
     {"agent/getAuthenticatedExtendedCard", "GetExtendedAgentCard"}}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kStates{
    {{"TASK_STATE_SUBMITTED", "submitted"},
     {"TASK_STATE_WORKING", "working"},
     {"TASK_STATE_COMPLETED", "completed"},
     {"TASK_STATE_FAILED", "failed"},
     {"TASK_STATE_CANCELED", "canceled"},
     {"TASK_STATE_INPUT_REQUIRED", "input-required"},
     {"TASK_STATE_REJECTED", "rejected"}}};

void move_member(json& from, const char* name, json& to, const char* new_name) {
  const auto at = from.find(name);
  if (at == from.end() || at->is_null()) return;
  to[new_name] = std::move(*at);
}

json legacy_part(json part) {
  json out = json::object();
  if (part.contains("text")) {
    out["kind"] = "text";
    move_member(part, "text", out, "text");
  } else if (part.contains("data")) {
    out["kind"] = "data";
    move_member(part, "data", out, "data");
    // 0.3 has objects only.
    if (!out.contains("data") || !out["data"].is_object())
      out["data"] = json{{"value", out.value("data", json())}};
  } else {
    out["kind"] = "file";
    json file = json::object();
    move_member(part, "raw", file, "bytes");
    move_member(part, "url", file, "uri");
    move_member(part, "filename", file, "name");
    move_member(part, "mediaType", file, "mimeType");
    out["file"] = std::move(file);
  }
  move_member(part, "metadata", out, "metadata");
  return out;
}

void make_parts_legacy(json& holder) {
  const auto parts = holder.find("parts");
  if (parts == holder.end()) return;
  for (json& part : *parts) part = legacy_part(std::move(part));
}

json legacy_message(json message) {
  make_parts_legacy(message);
  message["kind"] = "message";
  message["role"] = message.value("role", "") == "ROLE_AGENT" ? "agent" : "user";
  return message;
}

std::string_view legacy_state(const std::string& state) {
  for (const auto& [modern, legacy] : kStates)
    if (modern == state) return legacy;
  return "unknown";
}

json legacy_status(json status) {
  status["state"] = legacy_state(status.value("state", ""));
  if (const auto message = status.find("message"); message != status.end())
    *message = legacy_message(std::move(*message));
  return status;
}

bool ends_stream(const std::string& state) {
  return state != "TASK_STATE_SUBMITTED" && state != "TASK_STATE_WORKING";
}

json legacy_push(json config) {
  json inner = json::object();
  for (const char* name : {"id", "url", "token"}) move_member(config, name, inner, name);
  if (const auto how = config.find("authentication"); how != config.end() && how->is_object()) {
    json authentication{{"schemes", json::array({how->value("scheme", "")})}};
    move_member(*how, "credentials", authentication, "credentials");
    inner["authentication"] = std::move(authentication);
  }
  json out{{"pushNotificationConfig", std::move(inner)}};
  move_member(config, "taskId", out, "taskId");
  return out;
}

json modern_part(json part) {
  if (!part.is_object()) return part;
  json out = json::object();
  const std::string kind = text_member(part, "kind");
  move_member(part, "metadata", out, "metadata");
  if (kind == "text") move_member(part, "text", out, "text");
  if (kind == "data") move_member(part, "data", out, "data");
  if (kind == "file" && part.contains("file") && part["file"].is_object()) {
    json& file = part["file"];
    move_member(file, "bytes", out, "raw");
    move_member(file, "uri", out, "url");
    move_member(file, "name", out, "filename");
    move_member(file, "mimeType", out, "mediaType");
  }
  return out;
}

json modern_message(json message) {
  if (!message.is_object()) return message;
  message.erase("kind");
  if (const auto role = message.find("role"); role != message.end() && role->is_string())
    *role = *role == "user" ? "ROLE_USER" : "ROLE_AGENT";
  if (const auto parts = message.find("parts"); parts != message.end() && parts->is_array())
    for (json& part : *parts) part = modern_part(std::move(part));
  return message;
}

json modern_push(json config) {
  if (!config.is_object()) return config;
  json out = json::object();
  for (const char* name : {"id", "url", "token"}) move_member(config, name, out, name);
  if (const auto how = config.find("authentication"); how != config.end() && how->is_object()) {
    json authentication = json::object();
    if (const json& schemes = member(*how, "schemes"); schemes.is_array() && !schemes.empty())
      authentication["scheme"] = schemes.front();
    move_member(*how, "credentials", authentication, "credentials");
    out["authentication"] = std::move(authentication);
  }
  return out;
}

json modern_send(json params) {
  json out = json::object();
  if (const auto message = params.find("message"); message != params.end())
    out["message"] = modern_message(std::move(*message));
  move_member(params, "metadata", out, "metadata");
  const auto asked = params.find("configuration");
  if (asked == params.end() || !asked->is_object()) return out;
  json configuration = json::object();
  move_member(*asked, "acceptedOutputModes", configuration, "acceptedOutputModes");
  move_member(*asked, "historyLength", configuration, "historyLength");
  if (member(*asked, "blocking") == false) configuration["returnImmediately"] = true;
  if (const auto push = asked->find("pushNotificationConfig");
      push != asked->end() && !push->is_null())
    configuration["taskPushNotificationConfig"] = modern_push(std::move(*push));
  out["configuration"] = std::move(configuration);
  return out;
}

}  // namespace

std::string_view modern_method(std::string_view legacy_method) {
  for (const auto& [legacy, modern] : kMethods)
    if (legacy == legacy_method) return modern;
  return "";
}

json modern_params(std::string_view method, json params) {
  if (!params.is_object()) return params;
  if (method == "message/send" || method == "message/stream") return modern_send(std::move(params));
  if (method == "tasks/pushNotificationConfig/set") {
    json out = params.contains("pushNotificationConfig")
                   ? modern_push(std::move(params["pushNotificationConfig"]))
                   : json::object();
    if (out.is_object()) move_member(params, "taskId", out, "taskId");
    return out;
  }
  if (method.starts_with("tasks/pushNotificationConfig/")) {
    json out = json::object();
    move_member(params, "id", out, "taskId");
    move_member(params, "pushNotificationConfigId", out, "id");
    return out;
  }
  return params;
}

json legacy_task(json task) {
  task["kind"] = "task";
  task["status"] = legacy_status(std::move(task["status"]));
  if (const auto history = task.find("history"); history != task.end())
    for (json& message : *history) message = legacy_message(std::move(message));
  if (const auto artifacts = task.find("artifacts"); artifacts != task.end())
    for (json& artifact : *artifacts) make_parts_legacy(artifact);
  return task;
}

json legacy_item(json item) {
  if (const auto task = item.find("task"); task != item.end()) return legacy_task(std::move(*task));
  if (const auto message = item.find("message"); message != item.end())
    return legacy_message(std::move(*message));
  if (const auto update = item.find("statusUpdate"); update != item.end()) {
    json out = std::move(*update);
    out["kind"] = "status-update";
    out["final"] = ends_stream(out["status"].value("state", ""));
    out["status"] = legacy_status(std::move(out["status"]));
    return out;
  }
  json out = std::move(item["artifactUpdate"]);
  out["kind"] = "artifact-update";
  make_parts_legacy(out["artifact"]);
  return out;
}

json legacy_result(std::string_view method, json result) {
  if (method == "message/send") return legacy_item(std::move(result));
  if (method == "tasks/get" || method == "tasks/cancel") return legacy_task(std::move(result));
  if (method == "tasks/pushNotificationConfig/list") {
    json list = json::array();
    for (json& config : result["configs"]) list.push_back(legacy_push(std::move(config)));
    return list;
  }
  if (method == "tasks/pushNotificationConfig/delete") return nullptr;
  if (method.starts_with("tasks/pushNotificationConfig/")) return legacy_push(std::move(result));
  return result;
}

}  // namespace videogen::serve
