#include "serve/a2a_task_internal.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include "serve/a2a_message_internal.h"
#include "serve/json_text_internal.h"

namespace videogen::serve {
namespace {

using nlohmann::json;

struct StateRow {
  JobState state;
  std::string_view name, number;
};
constexpr std::array<StateRow, 7> kStates{
    {{JobState::queued, "TASK_STATE_SUBMITTED", "1"},
     {JobState::running, "TASK_STATE_WORKING", "2"},
     {JobState::completed, "TASK_STATE_COMPLETED", "3"},
     {JobState::failed, "TASK_STATE_FAILED", "4"},
     {JobState::cancelled, "TASK_STATE_CANCELED", "5"},
     {JobState::input_required, "TASK_STATE_INPUT_REQUIRED", "6"},
     {JobState::rejected, "TASK_STATE_REJECTED", "7"}}};

json status_of(const Job& job, JobState state, std::string_view words, std::int64_t time_ms,
               std::string_view message_id) {
  json status{{"state", task_state(state)}, {"timestamp", timestamp(time_ms)}};
  if (!words.empty()) status["message"] = agent_message(message_id, words, context_of(job), job.id);
  return status;
}

json parsed(const std::string& text, json otherwise) {
  auto document = parse_json(text);
  return document && document->type() == otherwise.type() ? *std::move(document) : otherwise;
}

// A report in a line: "fail: the scene changes at 3.04 s; …"
std::string words_of_result(const json& result) {
  const json& verdict = member(result, "verdict");
  if (!verdict.is_string()) {
    const json& status = member(result, "status");
    return status.is_string() ? status.get<std::string>() : std::string();
  }
  std::string words = verdict.get<std::string>();
  std::string_view separator = ": ";
  for (const json& reason : result.value("reasons", json::array())) {
    const std::string message = text_member(reason, "message");
    if (message.empty() || words.size() + message.size() > 600) break;
    words += fmt::format("{}{}", separator, message);
    separator = "; ";
  }
  return words;
}

json metadata_of(const Job& job) {
  json metadata{{"skill", name(job.skill)}};
  if (!is_end(job.state)) metadata["progress"] = job.progress;
  if (!job.stage.empty()) metadata["stage"] = job.stage;
  return metadata;
}

json ids_of(const Job& job) { return {{"taskId", job.id}, {"contextId", context_of(job)}}; }

// Where nobody has said anything.
std::string words_of(const Job& job) {
  if (job.state == JobState::failed) return job.error ? job.error->message : "";
  if (job.state == JobState::completed) return words_of_result(parsed(job.result, json::object()));
  return "";
}

int digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

std::string_view task_state(JobState state) {
  const auto* found =
      std::ranges::find_if(kStates, [state](const StateRow& row) { return row.state == state; });
  VIDEOGEN_CHECK(found != kStates.end(), "every state of a job is one of a task");
  return found->name;
}

std::optional<JobState> job_state_of(std::string_view text) {
  for (const StateRow& row : kStates)
    if (row.name == text || row.number == text) return row.state;
  return std::nullopt;
}

std::string timestamp(std::int64_t unix_ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(unix_ms)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int(date.year()),
                     unsigned(date.month()), unsigned(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::optional<std::int64_t> unix_ms(std::string_view text) {
  // RFC 3339: 2026-07-28T12:00:00[.123456789](Z|+02:00)
  const int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  const bool marked = text.size() > 19 && text[4] == '-' && text[7] == '-' &&
                      (text[10] == 'T' || text[10] == 't') && text[13] == ':' && text[16] == ':';
  if (!marked || year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(unsigned(month)),
                                         std::chrono::day(unsigned(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  std::size_t at = 19;
  std::int64_t thousandths = 0;
  if (text[at] == '.') {
    int places = 0;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++places)
      if (places < 3) thousandths = thousandths * 10 + (text[at] - '0');
    if (places == 0) return std::nullopt;
    for (; places < 3; ++places) thousandths *= 10;
  }
  int offset = 0;  // minutes
  const std::string_view zone = text.substr(at);
  if (zone != "Z" && zone != "z") {
    const int hours = digits(zone, 1, 2), minutes = digits(zone, 4, 2);
    const bool fits = zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':' &&
                      hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
    if (!fits) return std::nullopt;
    offset = (zone[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
  }
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute - offset) * 60'000 + second * 1000 + thousandths;
}

const std::string& context_of(const Job& job) { return job.context.empty() ? job.id : job.context; }

std::string last_words(Jobs& jobs, const Job& job) {
  // What is said about its other states follows from the job itself.
  if (job.state != JobState::input_required && job.state != JobState::rejected &&
      job.state != JobState::completed)
    return "";
  const auto events = jobs.subscribe(job.tenant, job.id, 0);
  std::string words;
  if (!events) return words;
  while (const auto event = (*events)->next(std::chrono::milliseconds(0))) {
    if (event->type != JobEvent::Type::state || event->state != job.state) continue;
    if (!event->message.empty()) words = event->message;
  }
  return words;
}

std::vector<Artifact> artifacts_of(const Job& job) {
  std::vector<Artifact> all = job.artifacts;
  const auto has = [&all](std::string_view id) {
    return std::ranges::any_of(all, [id](const Artifact& known) { return known.id == id; });
  };
  if (job.state != JobState::completed) return all;
  const bool is_report = job.skill == Skill::validate;
  const std::string id = is_report ? "report" : "result";
  if (!job.result.empty() && !has(id)) {
    const json part{{"data", parsed(job.result, json::object())},
                    {"filename", id + ".json"},
                    {"mediaType", "application/json"}};
    all.push_back({id, id, is_report ? "What was measured, and the verdict" : "What was done",
                   text_of(json::array({part}))});
  }
  if (!job.output.empty() && !has("clip"))
    all.push_back({"clip", job.output.filename().string(), "The clip",
                   text_of(json::array({{{"url", fmt::format("/v1/jobs/{}/output", job.id)},
                                         {"filename", job.output.filename().string()},
                                         {"mediaType", "video/mp4"}}}))});
  return all;
}

json artifact_of(const Job& job, const Artifact& artifact, std::string_view root) {
  json out{{"artifactId", artifact.id}, {"parts", parsed(artifact.parts, json::array())}};
  if (!artifact.name.empty()) out["name"] = artifact.name;
  if (!artifact.description.empty()) out["description"] = artifact.description;
  for (json& part : out["parts"]) {
    // Only a report grows so large, and it can be fetched.
    if (artifact.parts.size() > kMostInlineBytes && part.contains("data")) {
      part.erase("data");
      part["url"] = fmt::format("/v1/jobs/{}/report", job.id);
      part["mediaType"] = "application/json";
    }
    const auto url = part.find("url");
    if (url == part.end() || !url->is_string()) continue;
    if (const auto& text = url->get_ref<const std::string&>(); text.starts_with('/'))
      *url = fmt::format("{}{}", root, text);
  }
  return out;
}

json task_of(const Job& job, const TaskShape& shape) {
  json task{{"id", job.id}, {"contextId", context_of(job)}, {"metadata", metadata_of(job)}};
  task["status"] = status_of(job, job.state, shape.words.empty() ? words_of(job) : shape.words,
                             job.updated_ms, job.id + "-status");
  if (shape.artifacts) {
    task["artifacts"] = json::array();
    for (const Artifact& artifact : artifacts_of(job))
      task["artifacts"].push_back(artifact_of(job, artifact, shape.root));
    if (task["artifacts"].empty()) task.erase("artifacts");
  }
  const std::size_t shown = shape.history
                                ? std::min(std::size_t(*shape.history), job.messages.size())
                                : job.messages.size();
  json history = json::array();
  for (std::size_t i = job.messages.size() - shown; i < job.messages.size(); ++i) {
    json message = parsed(job.messages[i], json::object());
    // Only now is it known which task they belong to.
    message["taskId"] = job.id;
    message["contextId"] = context_of(job);
    history.push_back(std::move(message));
  }
  if (!history.empty()) task["history"] = std::move(history);
  return task;
}

json artifact_update(const Job& job, const Artifact& artifact, std::string_view root) {
  json update = ids_of(job);
  update["artifact"] = artifact_of(job, artifact, root);
  update["append"] = false;
  update["lastChunk"] = true;
  return {{"artifactUpdate", std::move(update)}};
}

json update_of(const Job& job, const JobEvent& event, std::string_view root) {
  json update = ids_of(job);
  if (event.type == JobEvent::Type::artifact) {
    update["artifact"] = artifact_of(job, event.artifact, root);
    update["append"] = event.append;
    update["lastChunk"] = event.last_chunk;
    return {{"artifactUpdate", std::move(update)}};
  }
  const std::string id = fmt::format("{}-{}", job.id, event.id);
  if (event.type == JobEvent::Type::message) {
    update["status"] = status_of(job, event.state, "", event.time_ms, id);
    json message = parsed(event.message, json::object());
    message["taskId"] = job.id;
    message["contextId"] = context_of(job);
    update["status"]["message"] = std::move(message);
    return {{"statusUpdate", std::move(update)}};
  }
  std::string words = event.message;
  if (event.type == JobEvent::Type::progress) {
    words = fmt::format("{}{} %", event.stage.empty() ? "" : event.stage + ": ",
                        std::lround(event.progress * 100));
    update["metadata"] = {{"progress", event.progress}};
    if (!event.stage.empty()) update["metadata"]["stage"] = event.stage;
  } else if (words.empty() && event.state == job.state) {
    words = words_of(job);
  }
  update["status"] = status_of(job, event.state, words, event.time_ms, id);
  return {{"statusUpdate", std::move(update)}};
}

}  // namespace videogen::serve
