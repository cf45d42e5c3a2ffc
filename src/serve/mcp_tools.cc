#include "serve/mcp_tools_internal.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/file.h"
#include "serve/json_text_internal.h"
#include "serve/report_page.h"

namespace videogen::serve {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> kTools{"validate_video", "submit_video_job",
                                                 "get_video_job", "cancel_video_job"};

json type(std::string_view name, std::string_view description) {
  return {{"type", name}, {"description", description}};
}

json object_schema(json properties, json required) {
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)},
          {"additionalProperties", false}};
}

json uri_schema(bool over_stdio) {
  return type("string", over_stdio ? "The clip: a path, or https://"
                                   : "The clip: https://, or a path below --files");
}

json skills_schema(const Executor& executor) {
  json skills = json::array();
  for (const Skill skill : {Skill::validate, Skill::enhance, Skill::generate})
    if (!executor.lacks(skill)) skills.push_back(name(skill));
  return {{"type", "string"}, {"enum", std::move(skills)}, {"description", "What is to be done"}};
}

json job_schema() {
  return {{"type", "object"},
          {"properties",
           {{"job_id", {{"type", "string"}}},
            {"skill", {{"type", "string"}}},
            {"status",
             {{"type", "string"},
              {"enum",
               {"queued", "running", "input_required", "completed", "failed", "cancelled",
                "rejected"}}}},
            {"progress", {{"type", "number"}, {"minimum", 0}, {"maximum", 1}}},
            {"stage", {{"type", "string"}}},
            {"result", {{"type", {"object", "null"}}}},
            {"error", {{"type", {"string", "null"}}}}}},
          {"required", {"job_id", "skill", "status", "progress", "result", "error"}}};
}

json validation_schema() {
  const json number_or_null{{"type", {"number", "null"}}};
  return {{"type", "object"},
          {"properties",
           {{"job_id", {{"type", "string"}}},
            {"verdict", {{"type", "string"}, {"enum", {"pass", "fail", "unknown"}}}},
            {"reasons", {{"type", "array"}}},
            {"validation_passed", {{"type", {"boolean", "null"}}}},
            {"overall_coherence", number_or_null},
            {"min_coherence", number_or_null},
            {"max_coherence", number_or_null},
            {"frame_count", {{"type", "integer"}}},
            {"flagged_frames", {{"type", "array"}}},
            {"threshold", {{"type", "number"}}},
            {"defects", {{"type", {"object", "null"}}}},
            {"events", {{"type", {"array", "null"}}}},
            {"notes", {{"type", "array"}}}}},
          {"required", {"job_id", "verdict", "reasons"}}};
}

// Of a report what a model can use: the verdict, where and why. Curves and the like stay out.
json in_short(const json& report) {
  json out = json::object();
  for (const char* name :
       {"verdict", "reasons", "validation_passed", "overall_coherence", "min_coherence",
        "max_coherence", "frame_count", "flagged_frames", "threshold", "defects", "events", "shots",
        "notes", "source", "sampling", "embedder"})
    if (const auto at = report.find(name); at != report.end()) out[name] = *at;
  return out;
}

json parsed_object(const std::string& text) {
  auto document = parse_json(text);
  return document && document->is_object() ? *std::move(document) : json(nullptr);
}

json link(std::string uri, std::string_view name, std::string_view mime_type) {
  return {
      {"type", "resource_link"}, {"uri", std::move(uri)}, {"name", name}, {"mimeType", mime_type}};
}

std::string file_uri(const std::filesystem::path& path) {
  std::string out = "file://";
  for (const char c : std::filesystem::absolute(path).string()) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/-._~").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

void add_links(json& content, const Job& job, const McpCaller& caller) {
  if (job.state != JobState::completed) return;
  const std::string base = fmt::format("{}/v1/jobs/{}", caller.root, job.id);
  if (caller.root.empty()) {
    std::error_code ignored;
    const auto page = report_page(caller.data, job);
    if (std::filesystem::exists(page, ignored))
      content.push_back(link(file_uri(page), "report.html", "text/html"));
    if (!job.output.empty())
      content.push_back(link(file_uri(job.output), job.output.filename().string(), "video/mp4"));
    return;
  }
  if (!job.result.empty()) content.push_back(link(base + "/report", "report", "application/json"));
  if (!job.output.empty())
    content.push_back(link(base + "/output", job.output.filename().string(), "video/mp4"));
}

json result_of(json structured, const Job& job, const McpCaller& caller) {
  json content = json::array({{{"type", "text"}, {"text", text_of(structured)}}});
  add_links(content, job, caller);
  return {{"content", std::move(content)}, {"structuredContent", std::move(structured)}};
}

tl::expected<Submitted, json> submit(Jobs& jobs, Skill skill, json request, const McpCaller& caller,
                                     const std::string& key) {
  Submission submission;
  submission.tenant = caller.tenant;
  submission.skill = skill;
  submission.request = text_of(request);
  submission.traceparent = caller.traceparent;
  if (!key.empty()) {
    submission.idempotency_key = "mcp:" + key;
    Sha256 sha;
    sha.update(fmt::format("{}\n{}", name(skill), submission.request));
    submission.digest = sha.hex();
  }
  auto submitted = jobs.submit(std::move(submission));
  if (submitted) return *std::move(submitted);
  std::string message = submitted.error().error.message;
  if (const auto wait = submitted.error().retry_after)
    message += fmt::format("; try again in {} s", wait->count());
  return tl::unexpected(tool_failure(message));
}

std::variant<json, McpValidation> validate(Jobs& jobs, json arguments, const McpCaller& caller) {
  const bool whole = arguments.value("full", json(false)) == true;
  arguments.erase("full");
  auto submitted = submit(jobs, Skill::validate, std::move(arguments), caller, "");
  if (!submitted) return std::move(submitted).error();
  auto events = jobs.subscribe(caller.tenant, submitted->job.id, 0);
  if (!events) return tool_failure(events.error().message);
  return McpValidation{std::move(submitted->job), *std::move(events), whole};
}

json submit_job(Jobs& jobs, const json& arguments, const McpCaller& caller) {
  const auto skill = skill_named(text_member(arguments, "skill"));
  if (!skill) return tool_failure("skill must be validate, enhance or generate");
  json request = json::object();
  if (const auto options = arguments.find("options"); options != arguments.end()) {
    if (!options->is_object()) return tool_failure("options must be an object");
    request = *options;
  }
  for (const auto& [name, value] : arguments.items()) {
    if (name == "skill" || name == "options" || name == "idempotency_key") continue;
    if (name != "uri" && name != "prompt")
      return tool_failure(
          fmt::format("there is no argument {}: what is no uri or prompt belongs into options",
                      printable(name, 60)));
    request[name] = value;
  }
  auto submitted =
      submit(jobs, *skill, std::move(request), caller, text_member(arguments, "idempotency_key"));
  if (!submitted) return std::move(submitted).error();
  return job_result(submitted->job, caller, false);
}

}  // namespace

json mcp_tools(const Executor& executor, bool over_stdio) {
  const json whole = type("boolean", "Give the whole report, with curves and all measures");
  const json job_id =
      object_schema({{"job_id", type("string", "From submit_video_job")}}, {"job_id"});
  json with_whole = job_id;
  with_whole["properties"]["full"] = whole;
  json tools = json::array();
  tools.push_back(
      {{"name", kTools[0]},
       {"title", "Validate a video"},
       {"description",
        "Judges a video clip and waits for the result: coherence over time, flicker, freezes, "
        "cuts, corruption, with a verdict, reasons and times. Takes seconds to minutes."},
       {"inputSchema",
        object_schema({{"uri", uri_schema(over_stdio)},
                       {"fps", type("number", "Samples a second; 1 if left out")},
                       {"threshold", type("number", "Least mean similarity; 0.85 if left out")},
                       {"profile",
                        {{"type", "string"},
                         {"enum", {"quick", "full"}},
                         {"description", "quick looks at samples only, full at every frame"}}},
                       {"multi_shot", type("boolean", "Cuts are meant")},
                       {"prompt", type("string", "What the clip should show")},
                       {"full", whole}},
                      {"uri"})},
       {"outputSchema", validation_schema()},
       {"annotations", {{"readOnlyHint", true}, {"openWorldHint", true}}}});
  tools.push_back(
      {{"name", kTools[1]},
       {"title", "Submit a video job"},
       {"description",
        "Begins a job and returns at once with its job_id: validate (judge a clip), enhance "
        "(repair one), generate (make one from a prompt; costs money where the back end does). "
        "Ask get_video_job what became of it."},
       {"inputSchema",
        object_schema({{"skill", skills_schema(executor)},
                       {"uri", uri_schema(over_stdio)},
                       {"prompt", type("string",
                                       "Of generate what the clip is to show, of validate what "
                                       "it should have shown")},
                       {"options", type("object",
                                        "More options, named as the flags of the program with "
                                        "underscores")},
                       {"idempotency_key", type("string", "The same key gives the same job")}},
                      {"skill"})},
       {"outputSchema", job_schema()}});
  tools.push_back({{"name", kTools[2]},
                   {"title", "Get a video job"},
                   {"description", "State, progress, and the result once a job has ended."},
                   {"inputSchema", with_whole},
                   {"outputSchema", job_schema()},
                   {"annotations", {{"readOnlyHint", true}}}});
  tools.push_back({{"name", kTools[3]},
                   {"title", "Cancel a video job"},
                   {"description", "Ends a job that waits or runs."},
                   {"inputSchema", job_id},
                   {"outputSchema", job_schema()},
                   {"annotations", {{"destructiveHint", true}, {"idempotentHint", true}}}});
  return tools;
}

bool is_mcp_tool(std::string_view name) { return std::ranges::find(kTools, name) != kTools.end(); }

json tool_failure(std::string_view message) {
  return {{"content", json::array({{{"type", "text"}, {"text", message}}})}, {"isError", true}};
}

json job_result(const Job& job, const McpCaller& caller, bool whole) {
  json result = job.result.empty() ? json(nullptr) : parsed_object(job.result);
  if (!whole && job.skill == Skill::validate && result.is_object()) result = in_short(result);
  const json shown{{"job_id", job.id},
                   {"skill", name(job.skill)},
                   {"status", name(job.state)},
                   {"progress", job.progress},
                   {"stage", job.stage},
                   {"result", std::move(result)},
                   {"error", job.error ? json(job.error->message) : json(nullptr)}};
  return result_of(shown, job, caller);
}

json validation_result(const Job& job, const McpCaller& caller, bool whole) {
  if (job.state != JobState::completed)
    return tool_failure(job.error ? job.error->message
                                  : fmt::format("the validation was {}", name(job.state)));
  json report = parsed_object(job.result);
  if (!report.is_object()) return tool_failure("the report cannot be read");
  if (!whole) report = in_short(report);
  report["job_id"] = job.id;
  return result_of(std::move(report), job, caller);
}

std::variant<json, McpValidation> call_mcp_tool(Jobs& jobs, std::string_view name,
                                                const json& arguments, const McpCaller& caller) {
  if (name == kTools[0]) return validate(jobs, arguments, caller);
  if (name == kTools[1]) return submit_job(jobs, arguments, caller);
  const std::string id = text_member(arguments, "job_id");
  if (id.empty()) return tool_failure("job_id is missing");
  const auto job =
      name == kTools[2] ? jobs.find(caller.tenant, id) : jobs.cancel(caller.tenant, id);
  if (!job) return tool_failure(job.error().message);
  return job_result(*job, caller, arguments.value("full", json(false)) == true);
}

}  // namespace videogen::serve
