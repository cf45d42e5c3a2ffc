#include "serve/a2a_methods_internal.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "serve/a2a_task_internal.h"
#include "serve/json_text_internal.h"

namespace videogen::serve {
namespace {

using Kind = A2aError::Kind;
using nlohmann::json;

constexpr int kUsualPage = 50, kMostPage = 100;
constexpr std::chrono::milliseconds kUntilCancelled{10'000};

A2aReply now(json result) {
  A2aReply reply;
  reply.result = std::move(result);
  return reply;
}

tl::unexpected<A2aError> wrong(std::string message) {
  return a2a_fail(Kind::invalid_params, std::move(message));
}

// A whole number, or one in a string as queries and ProtoJSON have it.
A2aResult<std::optional<int>> count_member(const json& params, std::string_view name, int low,
                                           int high) {
  const json& value = member(params, name);
  if (value.is_null()) return std::nullopt;
  std::int64_t number = low - std::int64_t{1};
  if (value.is_number_integer() || (value.is_number() && value == value.get<std::int64_t>()))
    number = value.is_number_unsigned() && value.get<std::uint64_t>() > INT32_MAX
                 ? INT32_MAX + std::int64_t{1}
                 : value.get<std::int64_t>();
  if (number < low || number > high)
    return wrong(high == INT32_MAX
                     ? fmt::format("{} must be a whole number from {} on", name, low)
                     : fmt::format("{} must be a whole number from {} to {}", name, low, high));
  return int(number);
}

}  // namespace

A2aResult<A2aReply> A2aMethods::call(std::string_view method, json params,
                                     const A2aCaller& caller) {
  if (method == "SendMessage") return send(params, caller, false);
  if (method == "SendStreamingMessage") return send(params, caller, true);
  if (method == "GetTask") return get(params, caller);
  if (method == "ListTasks") return list(params, caller);
  if (method == "CancelTask") return cancel(params, caller);
  if (method == "SubscribeToTask") return subscribe(params, caller);
  if (method == "CreateTaskPushNotificationConfig") return create_push(params, caller);
  if (method == "GetTaskPushNotificationConfig") return get_push(params, caller);
  if (method == "ListTaskPushNotificationConfigs") return list_push(params, caller);
  if (method == "DeleteTaskPushNotificationConfig") return delete_push(params, caller);
  if (method == "GetExtendedAgentCard")
    return a2a_fail(
        caller.legacy ? Kind::extended_card_not_configured : Kind::unsupported_operation,
        "there is no extended agent card: the card says all");
  return a2a_fail(Kind::no_such_method,
                  fmt::format("there is no method {}", printable(method, 80)));
}

A2aResult<Job> A2aMethods::find(std::string_view id, const A2aCaller& caller) const {
  if (id.empty()) return wrong("the id of the task is missing");
  auto job = jobs_.find(caller.tenant, id);
  if (job) return *std::move(job);
  if (job.error().code == ErrorCode::not_found) return tl::unexpected(no_such_task(id));
  return tl::unexpected(a2a_error(job.error()));
}

A2aResult<A2aReply> A2aMethods::get(const json& params, const A2aCaller& caller) const {
  const auto history = count_member(params, "historyLength", 0, INT32_MAX);
  if (!history) return tl::unexpected(history.error());
  const auto job = find(text_member(params, "id"), caller);
  if (!job) return tl::unexpected(job.error());
  return now(task_of(*job, {caller.root, *history, true, last_words(jobs_, *job)}));
}

A2aResult<A2aReply> A2aMethods::list(const json& params, const A2aCaller& caller) const {
  const auto size = count_member(params, "pageSize", 1, kMostPage);
  if (!size) return tl::unexpected(size.error());
  const auto history = count_member(params, "historyLength", 0, INT32_MAX);
  if (!history) return tl::unexpected(history.error());
  JobQuery query;
  query.limit = size->value_or(kUsualPage);
  query.page = text_member(params, "pageToken");
  query.context = text_member(params, "contextId");
  const json& status = member(params, "status");
  const std::string state = status.is_string() ? status.get<std::string>() : text_of(status);
  bool none = false;
  if (!status.is_null() && state != "" && state != "TASK_STATE_UNSPECIFIED" && state != "0") {
    query.state = job_state_of(state);
    none = state == "TASK_STATE_AUTH_REQUIRED" || state == "8";  // no job is ever in it
    if (!query.state && !none)
      return wrong(fmt::format("status: there is no state {}", printable(state, 60)));
  }
  if (const json& after = member(params, "statusTimestampAfter"); !after.is_null()) {
    query.updated_since_ms = unix_ms(after.is_string() ? after.get<std::string>() : "");
    if (!query.updated_since_ms)
      return wrong("statusTimestampAfter must be a time such as 2026-07-28T12:00:00Z");
  }
  const json& artifacts = member(params, "includeArtifacts");
  const bool with_artifacts = artifacts == true || artifacts == "true";

  json answer{
      {"tasks", json::array()}, {"nextPageToken", ""}, {"pageSize", query.limit}, {"totalSize", 0}};
  if (none) return now(std::move(answer));
  const auto page = jobs_.list(caller.tenant, query);
  if (!page) return tl::unexpected(a2a_error(page.error()));
  const TaskShape shape{caller.root, history->value_or(0), with_artifacts};
  for (const Job& listed : page->jobs) {
    // Messages and artifacts are not in a list: whoever wants them gets each job by itself.
    if (!with_artifacts && shape.history == 0) {
      answer["tasks"].push_back(task_of(listed, shape));
    } else if (const auto whole = jobs_.find(caller.tenant, listed.id)) {
      answer["tasks"].push_back(task_of(*whole, shape));
    }
  }
  answer["nextPageToken"] = page->next;
  answer["totalSize"] = page->total;
  return now(std::move(answer));
}

A2aResult<A2aReply> A2aMethods::cancel(const json& params, const A2aCaller& caller) {
  const std::string id = text_member(params, "id");
  const auto before = find(id, caller);
  if (!before) return tl::unexpected(before.error());
  if (is_end(before->state))
    return a2a_fail(Kind::task_not_cancelable,
                    fmt::format("task {} has ended: it is {}", id, name(before->state)));
  auto job = jobs_.cancel(caller.tenant, id);
  if (!job) return tl::unexpected(a2a_error(job.error()));
  A2aReply reply;
  reply.kind = A2aReply::Kind::later;
  auto watch = TaskWatch::begin(jobs_, *std::move(job), {caller.root, std::nullopt, true},
                                TaskWatch::Until::answered);
  if (!watch) return tl::unexpected(a2a_error(watch.error()));
  reply.watch = *std::move(watch);
  // What runs ends soon after; what does not is shown as it is.
  reply.watch->give_up_after(kUntilCancelled);
  return reply;
}

A2aResult<A2aReply> A2aMethods::subscribe(const json& params, const A2aCaller& caller) {
  const std::string id = text_member(params, "id");
  auto job = find(id, caller);
  if (!job) return tl::unexpected(job.error());
  if (is_end(job->state))
    return a2a_fail(
        Kind::unsupported_operation,
        fmt::format("task {} has ended (it is {}): get it instead", id, name(job->state)));
  A2aReply reply;
  reply.kind = A2aReply::Kind::stream;
  auto watch = TaskWatch::begin(jobs_, *std::move(job), {caller.root, std::nullopt, true},
                                TaskWatch::Until::answered);
  if (!watch) return tl::unexpected(a2a_error(watch.error()));
  reply.watch = *std::move(watch);
  return reply;
}

A2aResult<A2aReply> A2aMethods::create_push(const json& params, const A2aCaller& caller) {
  const auto job = find(text_member(params, "taskId"), caller);
  if (!job) return tl::unexpected(job.error());
  auto config = push_.check(params);
  if (!config) return tl::unexpected(config.error());
  auto added = push_.add(*job, *std::move(config), caller.root, caller.legacy);
  if (!added) return tl::unexpected(added.error());
  return now(*std::move(added));
}

A2aResult<A2aReply> A2aMethods::get_push(const json& params, const A2aCaller& caller) const {
  const std::string task = text_member(params, "taskId");
  const auto job = find(task, caller);
  if (!job) return tl::unexpected(job.error());
  const std::string id = text_member(params, "id");
  if (auto config = push_.find(task, id)) return now(*std::move(config));
  // 0.3 may leave the id out where there is one.
  if (auto all = push_.all(task); id.empty() && caller.legacy && !all.empty())
    return now(std::move(all.front()));
  return a2a_fail(Kind::task_not_found, fmt::format("task {} has no push notification config {}",
                                                    task, printable(id, 80)));
}

A2aResult<A2aReply> A2aMethods::list_push(const json& params, const A2aCaller& caller) const {
  const std::string task = text_member(params, "taskId");
  const auto job = find(task, caller);
  if (!job) return tl::unexpected(job.error());
  return now({{"configs", push_.all(task)}, {"nextPageToken", ""}});
}

A2aResult<A2aReply> A2aMethods::delete_push(const json& params, const A2aCaller& caller) {
  const std::string task = text_member(params, "taskId");
  const auto job = find(task, caller);
  if (!job) return tl::unexpected(job.error());
  if (const Status gone = push_.remove(task, text_member(params, "id")); !gone)
    return tl::unexpected(a2a_error(gone.error()));
  return now(json::object());
}

}  // namespace videogen::serve
