// GET /v1/jobs/{id}/report and /v1/jobs/{id}/output.
#include <chrono>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "net/byte_range.h"
#include "serve/accept_internal.h"
#include "serve/job_json_internal.h"
#include "serve/parts.h"
#include "serve/problem.h"
#include "serve/report_page.h"
#include "serve/report_pages_internal.h"
#include "serve/stream_source_internal.h"

namespace videogen::serve {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kExitNotFound = 4, kExitUsage = 2;

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

// A page that is being made: it follows when it is there.
class PageToCome final : public StreamSource {
 public:
  PageToCome(std::shared_ptr<const ReportPages::Making> making, std::filesystem::path page)
      : making_(std::move(making)), page_(std::move(page)) {}
  Result<Piece> next() override {
    const auto outcome = making_->wait(std::chrono::milliseconds(0));
    if (!outcome) return Piece{};
    if (!*outcome) return tl::unexpected(outcome->error());
    constexpr std::size_t kMostPage = std::size_t{256} << 20;
    VIDEOGEN_TRY(std::string text, read_file(page_, kMostPage));
    return Piece{std::move(text), true};
  }

 private:
  std::shared_ptr<const ReportPages::Making> making_;
  std::filesystem::path page_;
};

Result<net::ServerResponse> html_report(const ServiceParts& parts, const Call& call, const Job& job,
                                        ReportPages& pages) {
  // Short clips are read within this; what takes longer holds no thread of the service.
  constexpr std::chrono::milliseconds kAtOnce{300};
  const auto page = report_page(parts.options.data, job);
  const std::string etag = fmt::format("\"{}-html\"", job.id);
  constexpr const char* kType = "text/html; charset=utf-8";
  std::error_code failed;
  if (!std::filesystem::exists(page, failed)) {
    if (!has_report_page(parts.options.data, job))
      return problem(404, fmt::format("job {} has no page", job.id), kExitNotFound);
    const auto making = pages.make(job);
    if (!making) return problem(Refusal{making.error(), false, std::chrono::seconds(5)});
    const auto outcome = (*making)->wait(kAtOnce);
    if (outcome && !*outcome) return tl::unexpected(outcome->error());
    if (!outcome) {
      net::ServerResponse response;
      response.headers.add("Content-Type", kType);
      response.headers.add("ETag", etag);
      response.body = stream_body(std::make_unique<PageToCome>(*making, page), "");
      return response;
    }
  }
  VIDEOGEN_TRY(net::ServerResponse answer, net::serve_file(call.request, page, {kType, etag}));
  return file_answer(std::move(answer));
}

net::ServerResponse report(const ServiceParts& parts, const Call& call, ReportPages& pages) {
  const auto job = parts.jobs.find(call.caller.tenant, call.values["id"]);
  if (!job) return problem(job.error());
  net::ServerResponse response;
  const std::string_view accept = call.request.headers.find("Accept").value_or("");
  const double html = accept_quality(accept, "text/html"),
               json = accept_quality(accept, "application/json");
  if (job->state != JobState::completed) {
    response = unfinished(*job, "report");
  } else if (html == 0 && json == 0) {
    response = problem(406, "a report is application/json or text/html", kExitUsage);
  } else if (html > json) {
    auto page = html_report(parts, call, *job, pages);
    response = page ? *std::move(page) : problem(page.error());
    if (response.status < 400) {
      // The page's own policy is narrower; it may be shown within ours, and play the clip.
      response.headers.set("Content-Security-Policy",
                           "default-src 'none'; script-src 'unsafe-inline'; style-src "
                           "'unsafe-inline'; img-src data:; media-src 'self' data:; "
                           "frame-ancestors 'self'");
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
  return file_answer(*std::move(response));
}

}  // namespace

void add_result_routes(Routes& routes, const ServiceParts& parts) {
  const auto pages = std::make_shared<ReportPages>(parts.executor, parts.jobs);
  routes.add("GET", "/v1/jobs/{id}/report", Access::caller,
             [&parts, pages](const Call& call) { return report(parts, call, *pages); });
  routes.add("GET", "/v1/jobs/{id}/output", Access::caller,
             [&parts](const Call& call) { return output(parts, call); });
}

}  // namespace videogen::serve
