// GET /v1/jobs, GET and DELETE /v1/jobs/{id}.
#include <charconv>

#include <fmt/format.h>

#include "net/form.h"
#include "serve/job_json_internal.h"
#include "serve/parts.h"
#include "serve/problem.h"

namespace videogen::serve {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMostJobs = 100;

Result<JobQuery> query_of(const net::Parameters& parameters) {
  JobQuery query;
  for (const auto& [name, value] : parameters) {
    const auto wrong = [&name = name, &value = value](std::string_view expected) {
      return fail(ErrorCode::usage,
                  fmt::format("{}={}: {}", printable(name, 40), printable(value, 60), expected));
    };
    if (name == "limit") {
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), query.limit);
      if (error != std::errc() || end != value.data() + value.size() || query.limit < 1 ||
          query.limit > kMostJobs)
        return wrong(fmt::format("must be a whole number from 1 to {}", kMostJobs));
    } else if (name == "page") {
      query.page = value;
    } else if (name == "status") {
      query.state = job_state_named(value);
      if (!query.state)
        return wrong(
            "must be queued, running, input_required, completed, failed, cancelled or "
            "rejected");
    } else if (name == "skill") {
      query.skill = skill_named(value);
      if (!query.skill) return wrong("must be validate, enhance or generate");
    } else {
      return wrong("there is no such parameter; limit, page, status and skill are");
    }
  }
  return query;
}

net::ServerResponse list(const ServiceParts& parts, const Call& call) {
  const auto query = query_of(call.request.query);
  if (!query) return problem(query.error());
  const auto page = parts.jobs.list(call.caller.tenant, *query);
  if (!page) return problem(page.error());
  Json jobs = Json::array();
  for (const Job& job : page->jobs) jobs.push_back(job_json(job));
  Json answer{{"jobs", std::move(jobs)}, {"total", page->total}};
  if (!page->next.empty()) answer["next"] = page->next;
  return json_answer(dump(answer) + "\n");
}

net::ServerResponse show(const Result<Job>& job) {
  return job ? json_answer(dump(job_json(*job)) + "\n") : problem(job.error());
}

}  // namespace

void add_job_routes(Routes& routes, const ServiceParts& parts) {
  routes.add("GET", "/v1/jobs", Access::caller,
             [&parts](const Call& call) { return list(parts, call); });
  routes.add("GET", "/v1/jobs/{id}", Access::caller, [&parts](const Call& call) {
    return show(parts.jobs.find(call.caller.tenant, call.values["id"]));
  });
  routes.add("DELETE", "/v1/jobs/{id}", Access::caller, [&parts](const Call& call) {
    return show(parts.jobs.cancel(call.caller.tenant, call.values["id"]));
  });
}

}  // namespace videogen::serve
