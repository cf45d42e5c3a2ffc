#include "serve/a2a.h"

#include <charconv>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "net/form.h"
#include "serve/a2a_card_internal.h"
#include "serve/a2a_legacy_internal.h"
#include "serve/a2a_methods_internal.h"
#include "serve/json_text_internal.h"
#include "serve/parts.h"
#include "serve/stream_source_internal.h"

namespace videogen::serve {
namespace {

using Kind = A2aError::Kind;
using net::ServerResponse;
using nlohmann::json;

// What is written around an item of a stream, or around a result.
using Frame = std::function<json(json item)>;

// Items of a task as server-sent events.
class TaskEvents final : public StreamSource {
 public:
  TaskEvents(std::unique_ptr<TaskWatch> watch, Frame frame)
      : watch_(std::move(watch)), frame_(std::move(frame)) {}
  Result<Piece> next() override {
    VIDEOGEN_TRY(std::vector<json> items, watch_->next());
    Piece piece;
    for (json& item : items) piece.text += sse_event(frame_(std::move(item)));
    piece.last = watch_->over();
    return piece;
  }

 private:
  std::unique_ptr<TaskWatch> watch_;
  Frame frame_;
};

// The one document that is known when a task has ended or waits.
class TaskAtLast final : public StreamSource {
 public:
  TaskAtLast(std::unique_ptr<TaskWatch> watch, Frame frame)
      : watch_(std::move(watch)), frame_(std::move(frame)) {}
  Result<Piece> next() override {
    if (!watch_->over()) {
      VIDEOGEN_TRY([[maybe_unused]] const auto items, watch_->next());
    }
    if (!watch_->over()) return Piece{};
    VIDEOGEN_TRY(json task, watch_->task());
    return Piece{text_of(frame_(std::move(task))), true};
  }

 private:
  std::unique_ptr<TaskWatch> watch_;
  Frame frame_;
};

// An event that is there at once.
class OneEvent final : public StreamSource {
 public:
  explicit OneEvent(const json& event) : text_(sse_event(event)) {}
  Result<Piece> next() override { return Piece{std::move(text_), true}; }

 private:
  std::string text_;
};

ServerResponse json_response(const json& document, std::string_view type = "application/json",
                             int status = 200) {
  ServerResponse response;
  response.status = status;
  response.headers.add("Content-Type", std::string(type));
  response.headers.add("Cache-Control", "no-store");
  response.body = text_of(document);
  return response;
}

void add_retry_after(ServerResponse& response, const A2aError& error) {
  if (error.retry_after)
    response.headers.add("Retry-After", fmt::format("{}", error.retry_after->count()));
}

// "1.0" of "1.0.1": versions are told apart by their first two numbers.
std::string_view major_minor(std::string_view version) {
  const auto dot = version.find('.');
  if (dot == std::string_view::npos) return version;
  return version.substr(0, version.find('.', dot + 1));
}

class A2a {
 public:
  explicit A2a(const ServiceParts& parts)
      : parts_(parts),
        push_(parts.jobs, push_options(parts.options.a2a)),
        methods_(parts.jobs, parts.executor, push_, parts.options.a2a) {}

  void told(const Job& job, const JobEvent& event) { push_.told(job, event); }
  [[nodiscard]] A2aPush::Counts pushed() const { return push_.counts(); }

  ServerResponse card(const Call& call) const;
  ServerResponse rpc(const Call& call);
  // By HTTP: `params` of the path beside those of body and query.
  ServerResponse http(const Call& call, std::string_view method, json params);

 private:
  static PushOptions push_options(const A2aOptions& options) {
    PushOptions push;
    push.guard = net::AddressGuard(options.webhooks);
    return push;
  }
  [[nodiscard]] A2aResult<json> read_http(const Call& call, std::string_view method,
                                          json params) const;
  [[nodiscard]] std::optional<A2aError> refuse_version(const net::ServerRequest& request) const;
  [[nodiscard]] A2aCaller caller(const Call& call, bool legacy) const {
    return {call.caller.tenant, parts_.root(call.request), call.traceparent, legacy};
  }
  [[nodiscard]] ServerResponse answer(A2aReply reply, const Frame& item, const Frame& result,
                                      std::string_view type) const;
  [[nodiscard]] std::string_view http_type() const {
    return parts_.options.a2a.plain_json ? "application/json" : "application/a2a+json";
  }

  const ServiceParts& parts_;
  A2aPush push_;
  A2aMethods methods_;
};

bool is_json(const net::ServerRequest& request) {
  const std::string type = net::media_type(request.headers.find("Content-Type").value_or(""));
  return type == "application/json" || type == "application/a2a+json";
}

A2aError not_json() {
  return {Kind::content_type_not_supported,
          "the body must be JSON: Content-Type application/json or application/a2a+json",
          {}};
}

std::optional<A2aError> A2a::refuse_version(const net::ServerRequest& request) const {
  auto asked = request.headers.find("A2A-Version");
  if (!asked) {
    if (const auto parameter = net::find(request.query, "A2A-Version")) {
      if (const std::string_view v = major_minor(*parameter); v == "1.0" || v == "0.3" || v.empty())
        return std::nullopt;
      return A2aError{
          Kind::version_not_supported,
          fmt::format("A2A {} is not spoken here, 1.0 and 0.3 are", printable(*parameter, 40)),
          {}};
    }
  }
  // Nothing was said: callers by hand leave it out.
  const std::string_view version = major_minor(asked.value_or(""));
  if (version.empty() || version == "1.0" || version == "0.3") return std::nullopt;
  return A2aError{Kind::version_not_supported,
                  fmt::format("A2A {} is not spoken here, 1.0 and 0.3 are", printable(*asked, 40)),
                  {}};
}

ServerResponse A2a::card(const Call& call) const {
  const bool pure = parts_.options.a2a.pure_card ||
                    major_minor(call.request.headers.find("A2A-Version").value_or("")) == "1.0";
  return card_answer(call.request, agent_card({parts_.root(call.request), parts_.options.version,
                                               parts_.tokens.any(), pure},
                                              parts_.executor));
}

ServerResponse A2a::answer(A2aReply reply, const Frame& item, const Frame& result,
                           std::string_view type) const {
  switch (reply.kind) {
    case A2aReply::Kind::stream:
      if (!reply.result.is_null())
        return sse_answer(std::make_unique<OneEvent>(item(std::move(reply.result))));
      return sse_answer(std::make_unique<TaskEvents>(std::move(reply.watch), item));
    case A2aReply::Kind::later: {
      const bool wrapped = reply.wrapped;
      Frame whole = [result, wrapped](json task) {
        return result(wrapped ? json{{"task", std::move(task)}} : std::move(task));
      };
      return late_json_answer(
          std::make_unique<TaskAtLast>(std::move(reply.watch), std::move(whole)), type);
    }
    case A2aReply::Kind::now:
      break;
  }
  return json_response(result(std::move(reply.result)), type);
}

ServerResponse A2a::rpc(const Call& call) {
  // Errors go out as 200: Python's client looks at the status first and would lose the code.
  if (!is_json(call.request)) {
    ServerResponse response = json_response(rpc_error(nullptr, rpc_error_of(not_json())));
    response.status = parts_.options.a2a.plain_json ? 200 : 415;
    return response;
  }
  auto asked = parse_rpc_call(call.request.body.bytes());
  if (!asked) return json_response(rpc_error(asked.error().id, asked.error().error));
  const json id = asked->id;
  const auto fails = [&id](const A2aError& error) {
    ServerResponse response = json_response(rpc_error(id, rpc_error_of(error)));
    add_retry_after(response, error);
    return response;
  };
  if (asked->notification)
    return fails({Kind::invalid_request, "id is missing: every call is answered", {}});
  if (const auto refused = refuse_version(call.request)) return fails(*refused);

  // Methods of 0.3 have a slash in their names, those of 1.0 have none.
  const std::string method = asked->method;
  const bool legacy = method.find('/') != std::string::npos;
  const std::string modern(legacy ? modern_method(method) : std::string_view(method));
  if (modern.empty())
    return fails(
        {Kind::no_such_method, fmt::format("there is no method {}", printable(method, 80)), {}});
  json params = legacy ? modern_params(method, std::move(asked->params)) : std::move(asked->params);
  auto reply = methods_.call(modern, std::move(params), caller(call, legacy));
  if (!reply) {
    // Clients of 0.3 wait for a stream here, whatever comes.
    if (method == "tasks/resubscribe")
      return sse_answer(std::make_unique<OneEvent>(rpc_error(id, rpc_error_of(reply.error()))));
    return fails(reply.error());
  }
  const Frame item = [id, legacy](json one) {
    return rpc_result(id, legacy ? legacy_item(std::move(one)) : std::move(one));
  };
  const Frame result = [id, legacy, method](json whole) {
    return rpc_result(id, legacy ? legacy_result(method, std::move(whole)) : std::move(whole));
  };
  return answer(*std::move(reply), item, result, "application/json");
}

A2aResult<json> A2a::read_http(const Call& call, std::string_view method, json params) const {
  if (call.request.method == "POST" && call.request.body.size() > 0) {
    if (!is_json(call.request)) return tl::unexpected(not_json());
    auto body = parse_json(call.request.body.bytes());
    if (!body) return a2a_fail(Kind::parse, body.error().message);
    if (!body->is_object()) return a2a_fail(Kind::invalid_request, "the body must be an object");
    // The path says what it is about.
    for (auto& [name, value] : params.items()) (*body)[name] = std::move(value);
    return *std::move(body);
  }
  if (call.request.method == "POST" && (method.starts_with("Send") || method.starts_with("Create")))
    return is_json(call.request) ? a2a_fail(Kind::parse, "the body is empty")
                                 : tl::unexpected(not_json());
  for (const auto& [name, value] : call.request.query) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool counts = name == "historyLength" || name == "history_length" || name == "pageSize" ||
                        name == "page_size";
    if (params.contains(name)) continue;
    if (counts && error == std::errc() && end == value.data() + value.size())
      params[name] = number;
    else
      params[name] = value;
  }
  return params;
}

ServerResponse A2a::http(const Call& call, std::string_view method, json params) {
  const auto fails = [this](const A2aError& error) {
    ServerResponse response = json_response(http_error_of(error), http_type(), http_status(error));
    add_retry_after(response, error);
    return response;
  };
  if (const auto refused = refuse_version(call.request)) return fails(*refused);
  auto read = read_http(call, method, std::move(params));
  if (!read) return fails(read.error());
  auto reply = methods_.call(method, *std::move(read), caller(call, false));
  if (!reply) return fails(reply.error());
  const Frame as_it_is = [](json document) { return document; };
  return answer(*std::move(reply), as_it_is, as_it_is, http_type());
}

}  // namespace

void add_a2a_routes(Routes& routes, const ServiceParts& parts) {
  const auto a2a = std::make_shared<A2a>(parts);
  // Routes may go before the jobs do.
  parts.jobs.on_event([weak = std::weak_ptr(a2a)](const Job& job, const JobEvent& event) {
    if (const auto there = weak.lock()) there->told(job, event);
  });
  for (const auto& [name, help, lost] :
       {std::tuple("videogen_push_delivered", "Push notifications that a webhook took", false),
        std::tuple("videogen_push_lost", "Push notifications that were given up", true)})
    parts.metrics.gauge(name, help, [weak = std::weak_ptr(a2a), lost = lost] {
      const auto there = weak.lock();
      const auto counts = there ? there->pushed() : A2aPush::Counts{};
      return double(lost ? counts.lost : counts.delivered);
    });

  for (const char* path : {"/.well-known/agent-card.json", "/.well-known/agent.json"})
    routes.add("GET", path, Access::everybody, [a2a](const Call& call) { return a2a->card(call); });
  const std::uint64_t most = parts.options.a2a.most_message;
  for (const char* path : {"/a2a", "/a2a/"})
    routes.add(
        "POST", path, Access::caller, [a2a](const Call& call) { return a2a->rpc(call); }, most);

  const auto add = [&](const char* http_method, const std::string& path, const char* method,
                       std::uint64_t body) {
    routes.add(
        http_method, "/a2a/v1" + path, Access::caller,
        [a2a, method](const Call& call) {
          json params = json::object();
          const bool about_push = !call.values["task"].empty();
          if (about_push) params["taskId"] = call.values["task"];
          if (!call.values["id"].empty()) params["id"] = call.values["id"];
          return a2a->http(call, method, std::move(params));
        },
        body);
  };
  add("POST", "/message:send", "SendMessage", most);
  add("POST", "/message:stream", "SendStreamingMessage", most);
  add("GET", "/tasks", "ListTasks", Routes::kSmallBody);
  // The schema says GET, the prose POST.
  add("GET", "/tasks/{id}:subscribe", "SubscribeToTask", Routes::kSmallBody);
  add("POST", "/tasks/{id}:subscribe", "SubscribeToTask", Routes::kSmallBody);
  add("POST", "/tasks/{id}:cancel", "CancelTask", Routes::kSmallBody);
  add("GET", "/tasks/{id}", "GetTask", Routes::kSmallBody);
  const std::string push = "/tasks/{task}/pushNotificationConfigs";
  add("POST", push, "CreateTaskPushNotificationConfig", Routes::kSmallBody);
  add("GET", push, "ListTaskPushNotificationConfigs", Routes::kSmallBody);
  add("GET", push + "/{id}", "GetTaskPushNotificationConfig", Routes::kSmallBody);
  add("DELETE", push + "/{id}", "DeleteTaskPushNotificationConfig", Routes::kSmallBody);
  add("GET", "/extendedAgentCard", "GetExtendedAgentCard", Routes::kSmallBody);
}

}  // namespace videogen::serve
