// GET /v1/jobs/{id}/report and /v1/jobs/{id}/output.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "net/byte_range.h"
#include "net/form.h"
#include "serve/job_json_internal.h"
#include "serve/parts.h"
#include "serve/problem.h"
#include "serve/report_page.h"

namespace videogen::serve {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kExitNotFound = 4, kExitUsage = 2;

// How much a type is wanted, 0 to 1, by an Accept header (RFC 9110, section 12.5.1).
double quality(std::string_view accept, std::string_view type) {
  if (accept.empty()) return 1;
  double best = 0;
  int best_precision = -1;
  while (!accept.empty()) {
    const auto comma = std::min(accept.find(','), accept.size());
    const std::string_view one = accept.substr(0, comma);
    accept.remove_prefix(std::min(comma + 1, accept.size()));
    const std::string range = net::media_type(one);
    const std::string group = std::string(type.substr(0, type.find('/'))) + "/*";
    const int precision = range == type ? 2 : range == group ? 1 : range == "*/*" ? 0 : -1;
    if (precision < 0 || precision <= best_precision) continue;
    const std::string q = net::header_parameter(one, "q").value_or("1");
    double value = 1;
    std::from_chars(q.data(), q.data() + q.size(), value);
    best = std::clamp(value, 0.0, 1.0);
    best_precision = precision;
  }
  return best;
}

net::ServerResponse unfinished(const Job& job, std::string_view what) {
  if (is_end(job.state))
    return problem(404, fmt::format("job {} has no {}: it is {}", job.id, what, name(job.state)),
                   kExitNotFound);
  net::ServerResponse response =
      problem(409, fmt::format("job {} has no {} yet: it is {}", job.id, what, name(job.state)),
              kExitUsage);
  response.headers.add("Retry-After", "1");
  return response;
}

// A validation's result is its report; a generation's has it inside.
Json report_of(const Job& job) {
  Json result = Json::parse(job.result, nullptr, false);
  if (job.skill == Skill::validate || !result.is_object()) return result;
  return result.contains("report") ? result["report"] : Json(nullptr);
}

net::ServerResponse report(const ServiceParts& parts, const Call& call) {
  const auto job = parts.jobs.find(call.caller.tenant, call.values["id"]);
  if (!job) return problem(job.error());
  net::ServerResponse response;
  const std::string_view accept = call.request.headers.find("Accept").value_or("");
  const double html = quality(accept, "text/html"), json = quality(accept, "application/json");
  if (job->state != JobState::completed) {
    response = unfinished(*job, "report");
  } else if (html == 0 && json == 0) {
    response = problem(406, "a report is application/json or text/html", kExitUsage);
  } else if (html > json) {
    auto page = net::serve_file(call.request, report_page(parts.options.data, *job),
                                {"text/html; charset=utf-8", fmt::format("\"{}-html\"", job->id)});
    if (page) {
      response = *std::move(page);
      // The page's own policy is narrower; it may be shown within ours, and play the clip.
      response.headers.set("Content-Security-Policy",
                           "default-src 'none'; script-src 'unsafe-inline'; style-src "
                           "'unsafe-inline'; img-src data:; media-src 'self' data:; "
                           "frame-ancestors 'self'");
    } else {
      response = problem(404, fmt::format("job {} has no page", job->id), kExitNotFound);
    }
  } else {
    const Json found = report_of(*job);
    response = found.is_object() ? json_answer(dump(found) + "\n") : unfinished(*job, "report");
    if (found.is_object()) {
      const std::string etag = fmt::format("\"{}-json\"", job->id);
      response.headers.add("ETag", etag);
      if (call.request.headers.find("If-None-Match") == etag) {
        response.status = 304;
        response.body = {};
      }
    }
  }
  response.headers.set("Vary", "Accept, Authorization, Cookie");
  return response;
}

std::string clip_type(const std::filesystem::path& path) {
  constexpr std::pair<std::string_view, std::string_view> kTypes[]{
      {".mp4", "video/mp4"},       {".m4v", "video/mp4"},        {".webm", "video/webm"},
      {".mov", "video/quicktime"}, {".mkv", "video/x-matroska"}, {".avi", "video/x-msvideo"}};
  for (const auto& [extension, type] : kTypes)
    if (path.extension() == extension) return std::string(type);
  return "application/octet-stream";
}

net::ServerResponse output(const ServiceParts& parts, const Call& call) {
  const auto job = parts.jobs.find(call.caller.tenant, call.values["id"]);
  if (!job) return problem(job.error());
  // The clip that was made, or the one that was sent.
  const bool made = !job->output.empty();
  const auto& path = made ? job->output : job->input;
  if (path.empty()) return unfinished(*job, "clip");
  auto response =
      net::serve_file(call.request, path,
                      {clip_type(path), fmt::format("\"{}-{}\"", job->id, made ? "made" : "sent")});
  if (!response) return problem(response.error());
  response->headers.add("Vary", "Authorization, Cookie");
  response->headers.add("Content-Disposition", fmt::format("inline; filename=\"{}{}\"", job->id,
                                                           path.extension().string()));
  return *std::move(response);
}

}  // namespace

void add_result_routes(Routes& routes, const ServiceParts& parts) {
  routes.add("GET", "/v1/jobs/{id}/report", Access::caller,
             [&parts](const Call& call) { return report(parts, call); });
  routes.add("GET", "/v1/jobs/{id}/output", Access::caller,
             [&parts](const Call& call) { return output(parts, call); });
}

}  // namespace videogen::serve
