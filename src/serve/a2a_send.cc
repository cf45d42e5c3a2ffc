// SendMessage and SendStreamingMessage: a message becomes a task, or goes on with one.
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "net/trace_context.h"
#include "serve/a2a_card_internal.h"
#include "serve/a2a_methods_internal.h"
#include "serve/json_text_internal.h"

namespace videogen::serve {
namespace {

using Kind = A2aError::Kind;
using nlohmann::json;

constexpr std::size_t kIdDigits = 32;

std::string digest_of(const json& message) {
  Sha256 sha;
  sha.update(text_of(message));
  return sha.hex();
}

// Ids of tasks and contexts belong to where a message was put, not to what it says.
json without_place(json message) {
  message.erase("taskId");
  message.erase("contextId");
  return message;
}

// What both a first message and an answer hand to the jobs.
Submission submission_of(const Understood& understood, const InboundMessage& inbound,
                         const A2aCaller& caller) {
  Submission submission;
  submission.tenant = caller.tenant;
  submission.skill = understood.skill;
  submission.request = understood.request;
  submission.question = understood.question;
  submission.upload = inbound.file.path();
  submission.upload_name = inbound.file_name;
  if (!submission.upload.empty() && submission.upload_name.empty()) submission.upload_name = "file";
  return submission;
}

}  // namespace

struct A2aMethods::Sending {
  InboundMessage inbound;
  std::optional<int> history;
  bool at_once = false;
  std::optional<json> push;  // checked
};

A2aResult<A2aReply> A2aMethods::send(json& params, const A2aCaller& caller, bool stream) {
  Sending sending;
  const json& configuration = member(params, "configuration");
  if (const json& length = member(configuration, "historyLength"); !length.is_null()) {
    if (!length.is_number_integer() || length < 0 || length > INT32_MAX)
      return a2a_fail(Kind::invalid_params, "historyLength must be a whole number from 0 on");
    sending.history = length.get<int>();
  }
  sending.at_once = member(configuration, "returnImmediately") == true;
  if (const json& asked = member(configuration, "taskPushNotificationConfig");
      asked.is_object() && !asked.empty()) {
    auto checked = push_.check(asked);
    if (!checked) return tl::unexpected(checked.error());
    sending.push = *std::move(checked);
  }
  const auto at = params.find("message");
  json none;
  const MessageLimits limits{[this](std::string_view bytes) { return jobs_.receive(bytes); },
                             input_modes()};
  auto inbound = read_message(at == params.end() ? none : *at, limits);
  if (!inbound) return tl::unexpected(inbound.error());
  sending.inbound = *std::move(inbound);

  std::string words;
  auto submitted = sending.inbound.message.contains("taskId") ? go_on(sending, caller)
                                                              : begin(sending, caller, words);
  if (!submitted) return tl::unexpected(submitted.error());
  A2aReply reply;
  if (!words.empty()) {
    const std::string context = text_member(sending.inbound.message, "contextId");
    reply.result = {
        {"message", agent_message(net::random_hex(kIdDigits), words,
                                  context.empty() ? net::random_hex(kIdDigits) : context, "")}};
    reply.kind = stream ? A2aReply::Kind::stream : A2aReply::Kind::now;
    return reply;
  }
  const Job& job = submitted->job;
  if (sending.push) {
    auto added = push_.add(job, *std::move(sending.push), caller.root, caller.legacy);
    if (!added) return tl::unexpected(added.error());
  }
  const TaskShape shape{caller.root, sending.history, true, last_words(jobs_, job)};
  if (sending.at_once && !stream) {
    reply.result = {{"task", task_of(job, shape)}};
    return reply;
  }
  auto watch = TaskWatch::begin(jobs_, job, shape);
  if (!watch) return tl::unexpected(a2a_error(watch.error()));
  reply.watch = *std::move(watch);
  reply.kind = stream ? A2aReply::Kind::stream : A2aReply::Kind::later;
  reply.wrapped = true;
  return reply;
}

A2aResult<Submitted> A2aMethods::begin(Sending& sending, const A2aCaller& caller,
                                       std::string& words) {
  json& message = sending.inbound.message;
  const bool has_file = !sending.inbound.file.path().empty();
  const std::vector<std::string> messages{text_of(message)};
  auto understood = options_.understand ? options_.understand(messages, has_file)
                                        : understand(messages, has_file);
  if (!understood) return tl::unexpected(a2a_error(understood.error()));
  if (!understood->reply.empty()) {
    words = understood->reply;
    return Submitted{};
  }
  Submission submission = submission_of(*understood, sending.inbound, caller);
  submission.traceparent = caller.traceparent;
  if (options_.replays) submission.idempotency_key = "a2a:" + text_member(message, "messageId");
  submission.digest = digest_of(message);
  submission.context = text_member(message, "contextId");
  if (submission.context.empty()) submission.context = net::random_hex(kIdDigits);
  submission.message = text_of(without_place(message));
  auto submitted = jobs_.submit(std::move(submission));
  if (submitted) return *std::move(submitted);
  if (submitted.error().conflict)
    return a2a_fail(Kind::invalid_params,
                    fmt::format("messageId {} was used for another message",
                                printable(text_member(message, "messageId"), 80)));
  return tl::unexpected(a2a_error(submitted.error()));
}

A2aResult<Submitted> A2aMethods::go_on(Sending& sending, const A2aCaller& caller) {
  json& message = sending.inbound.message;
  auto job = find(text_member(message, "taskId"), caller);
  if (!job) return tl::unexpected(job.error());
  const std::string context = text_member(message, "contextId");
  if (!context.empty() && context != context_of(*job))
    return a2a_fail(Kind::invalid_params, fmt::format("task {} belongs to another context, not {}",
                                                      job->id, printable(context, 80)));
  const json own = without_place(message);
  std::vector<std::string> said;
  for (const std::string& text : job->messages) {
    const auto known = parse_json(text);
    if (!known || text_member(*known, "role") != "ROLE_USER") continue;
    if (options_.replays && text_member(*known, "messageId") == text_member(own, "messageId")) {
      if (*known == own) return Submitted{*std::move(job), true};
      return a2a_fail(Kind::invalid_params,
                      fmt::format("messageId {} was used for another message",
                                  printable(text_member(own, "messageId"), 80)));
    }
    said.push_back(text);
  }
  if (is_end(job->state))
    return a2a_fail(
        Kind::unsupported_operation,
        fmt::format("task {} has ended (it is {}): begin another", job->id, name(job->state)));
  if (job->state != JobState::input_required)
    return a2a_fail(Kind::unsupported_operation,
                    fmt::format("task {} is {} and asks for nothing", job->id, name(job->state)));
  said.push_back(text_of(own));
  const bool has_file = !sending.inbound.file.path().empty();
  const bool any_file = has_file || !job->input.empty();
  auto understood =
      options_.understand ? options_.understand(said, any_file) : understand(said, any_file);
  if (!understood) return tl::unexpected(a2a_error(understood.error()));
  Submission submission = submission_of(*understood, sending.inbound, caller);
  submission.message = said.back();
  auto answered = jobs_.answer(caller.tenant, job->id, std::move(submission));
  if (!answered) return tl::unexpected(a2a_error(answered.error()));
  return Submitted{*std::move(answered), false};
}

}  // namespace videogen::serve
