#include <fmt/format.h>

#include "serve/job_json_internal.h"
#include "serve/log.h"

namespace videogen::serve {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json parsed(const std::string& text) {
  if (text.empty()) return nullptr;
  Json json = Json::parse(text, nullptr, false);
  return json.is_discarded() ? Json(nullptr) : json;
}

Json error_json(const Error& error) {
  return {{"code", name(error.code)},
          {"message", error.message},
          {"exit_code", exit_status(error.code)}};
}

}  // namespace

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json links_json(const Job& job) {
  const std::string self = "/v1/jobs/" + job.id;
  Json links{{"self", self}, {"events", self + "/events"}};
  if (job.state == JobState::completed) links["report"] = self + "/report";
  if (!job.output.empty() || !job.input.empty()) links["output"] = self + "/output";
  return links;
}

Json job_json(const Job& job) {
  Json json{{"id", job.id},
            {"skill", name(job.skill)},
            {"status", name(job.state)},
            {"progress", job.progress},
            {"stage", or_null(job.stage)},
            {"request", parsed(job.request)},
            {"input_name", or_null(job.input_name)},
            {"result", parsed(job.result)},
            {"error", job.error ? error_json(*job.error) : Json(nullptr)},
            {"links", links_json(job)},
            {"created", or_null(time_text(job.created_ms))},
            {"started", or_null(time_text(job.started_ms))},
            {"ended", or_null(time_text(job.ended_ms))},
            {"runs", job.runs},
            {"last_event", job.last_event}};
  return json;
}

Json event_json(const JobEvent& event) {
  constexpr const char* kTypes[]{"state", "progress", "artifact", "message"};
  Json json{{"job", event.job},
            {"type", kTypes[static_cast<int>(event.type)]},
            {"status", name(event.state)},
            {"progress", event.progress},
            {"stage", or_null(event.stage)},
            {"time", time_text(event.time_ms)}};
  if (event.type == JobEvent::Type::message)
    json["message"] = parsed(event.message);
  else if (!event.message.empty())
    json["message"] = event.message;
  if (event.type == JobEvent::Type::artifact)
    json["artifact"] = {{"id", event.artifact.id}, {"name", event.artifact.name}};
  return json;
}

}  // namespace videogen::serve
