// GET /, /jobs/{id}, and what belongs to them. Without a token there is only the login.
#include <chrono>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "coherence/page_files_internal.h"
#include "net/byte_range.h"
#include "net/form.h"
#include "serve/clip_type_internal.h"
#include "serve/page_files_internal.h"
#include "serve/page_internal.h"
#include "serve/page_list_internal.h"
#include "serve/page_routes.h"
#include "serve/problem.h"
#include "serve/report_page.h"

namespace videogen::serve {
namespace {

constexpr int kExitNotFound = 4;
constexpr std::size_t kMostEvents = 400;

PageFrame frame_of(const ServiceParts& parts, std::string title) {
  PageFrame frame;
  frame.title = std::move(title);
  frame.version = parts.options.version;
  frame.can_log_out = parts.tokens.any();
  return frame;
}

bool unknown(const ServiceParts& parts, const Call& call) {
  return parts.tokens.any() && call.caller.tenant.empty();
}

net::ServerResponse trouble(const ServiceParts& parts, std::string_view title, const Error& error) {
  PageFrame frame = frame_of(parts, std::string(title));
  frame.main = trouble_section(title, error.message);
  return page_answer(frame, http_status(error.code));
}

net::ServerResponse dashboard(const ServiceParts& parts, SummaryCache& summaries,
                              const Call& call) {
  if (unknown(parts, call)) return login_page(parts);
  const auto shown = list_jobs(parts.jobs, call.caller.tenant, call.request.query);
  if (!shown)
    return trouble(
        parts, shown.error().code == ErrorCode::usage ? "No such list" : "The jobs cannot be read",
        shown.error());
  const Load load = parts.jobs.load();
  PageFrame frame = frame_of(parts, "Jobs");
  frame.live = true;
  FormsShown forms;
  forms.generates = !parts.executor.lacks(Skill::generate);
  forms.max_upload = parts.options.max_upload;
  frame.main = "<h1 class=\"hidden\">Jobs of this service</h1>\n" +
               gauges_section(load, parts.metrics.text(load)) + forms_section(forms) +
               jobs_section(*shown, summaries, parts.root(call.request));
  return page_answer(frame);
}

std::vector<JobEvent> events_of(Jobs& jobs, std::string_view tenant, std::string_view id) {
  std::vector<JobEvent> events;
  const auto subscription = jobs.subscribe(tenant, id, 0);
  if (!subscription) return events;
  while (auto event = (*subscription)->next(std::chrono::milliseconds(0)))
    events.push_back(*std::move(event));
  // Of more than a reader reads, how it ended.
  if (events.size() > kMostEvents)
    events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(kMostEvents));
  return events;
}

net::ServerResponse one_job(const ServiceParts& parts, const Call& call) {
  if (unknown(parts, call)) return login_page(parts);
  const auto job = parts.jobs.find(call.caller.tenant, call.values["id"]);
  if (!job) return trouble(parts, "No such job", job.error());
  JobShown shown{*job, events_of(parts.jobs, call.caller.tenant, job->id), false};
  shown.has_report_page = has_report_page(parts.options.data, *job);
  PageFrame frame = frame_of(parts, job_title(*job));
  frame.live = !is_end(job->state);
  const std::string verdict = job->state == JobState::failed ? "fail" : summary_of(*job).verdict;
  frame.look = "narrow " + verdict;
  frame.main = job_sections(shown);
  return page_answer(frame);
}

// The clip that was sent, where another was made of it: /v1/jobs/{id}/output is that one.
net::ServerResponse input(const ServiceParts& parts, const Call& call) {
  const auto job = parts.jobs.find(call.caller.tenant, call.values["id"]);
  if (!job) return problem(job.error());
  if (job->input.empty())
    return problem(404, fmt::format("job {} was sent no clip", job->id), kExitNotFound);
  auto response = net::serve_file(call.request, job->input,
                                  {clip_type(job->input), fmt::format("\"{}-sent\"", job->id)});
  if (!response) return problem(response.error());
  response->headers.add("Vary", "Authorization, Cookie");
  return file_answer(*std::move(response));
}

// A file of the page; asked for again it is fetched only when the program has another.
void add_file(Routes& routes, std::string_view path, const char* type, std::string_view text) {
  Sha256 sha;
  sha.update(text);
  const std::string etag = fmt::format("\"{}\"", sha.hex().substr(0, 32));
  routes.add("GET", path, Access::everybody, [type, text, etag](const Call& call) {
    net::ServerResponse response;
    response.headers.add("Content-Type", type);
    response.headers.add("ETag", etag);
    response.headers.add("Cache-Control", "no-cache");
    if (call.request.headers.find("If-None-Match") == etag)
      response.status = 304;
    else
      response.body = std::string(text);
    return response;
  });
}

}  // namespace

net::ServerResponse login_page(const ServiceParts& parts, std::string_view trouble) {
  PageFrame frame = frame_of(parts, "Log in");
  frame.can_log_out = false;
  frame.main = login_section(trouble);
  net::ServerResponse response = page_answer(frame, 401);
  response.headers.add("WWW-Authenticate", "Bearer realm=\"videogen\"");
  return response;
}

void add_page_routes(Routes& routes, const ServiceParts& parts) {
  const auto summaries = std::make_shared<SummaryCache>();
  routes.add("GET", "/", Access::everybody,
             [&parts, summaries](const Call& call) { return dashboard(parts, *summaries, call); });
  routes.add("GET", "/jobs/{id}", Access::everybody,
             [&parts](const Call& call) { return one_job(parts, call); });
  routes.add("GET", "/jobs/{id}/input", Access::caller,
             [&parts](const Call& call) { return input(parts, call); });
  // The report's style comes first: one language for both.
  add_file(routes, "/page/report.css", "text/css; charset=utf-8", coherence::kReportCss);
  add_file(routes, "/page/dashboard.css", "text/css; charset=utf-8", kDashboardCss);
  add_file(routes, "/page/dashboard.js", "text/javascript; charset=utf-8", kDashboardJs);
}

}  // namespace videogen::serve
