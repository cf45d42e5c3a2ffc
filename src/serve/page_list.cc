#include "serve/page_list_internal.h"

#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace videogen::serve {
namespace {

constexpr int kMost = 100, kWaitingShown = 8;
// While many wait, ended ones lie behind them.
constexpr int kPagesForEnded = 4;
constexpr std::size_t kEndedShown = 60, kEndedEnough = 20;

Result<JobPage> of_state(const Jobs& jobs, std::string_view tenant, JobState state, int limit) {
  JobQuery query;
  query.state = state;
  query.limit = limit;
  return jobs.list(tenant, query);
}

JobsShown::Group group(std::string title, JobPage page, std::string_view status) {
  JobsShown::Group group{std::move(title), std::move(page.jobs)};
  group.more = page.total - std::ssize(group.jobs);
  group.more_url = fmt::format("/?status={}", status);
  return group;
}

Result<JobsShown> now(const Jobs& jobs, std::string_view tenant) {
  JobsShown shown;
  VIDEOGEN_TRY(JobPage running, of_state(jobs, tenant, JobState::running, kMost));
  VIDEOGEN_TRY(JobPage waiting, of_state(jobs, tenant, JobState::queued, kWaitingShown));
  VIDEOGEN_TRY(JobPage asking, of_state(jobs, tenant, JobState::input_required, kWaitingShown));
  shown.running = running.total;
  shown.waiting = waiting.total;
  shown.groups.push_back(group("Running", std::move(running), "running"));
  shown.groups.push_back(group("Waiting", std::move(waiting), "queued"));
  shown.groups.push_back(group("Asking", std::move(asking), "input_required"));
  JobsShown::Group ended{"Ended", {}};
  JobQuery query;
  query.limit = kMost;
  for (int i = 0; i < kPagesForEnded && ended.jobs.size() < kEndedEnough; ++i) {
    VIDEOGEN_TRY(JobPage page, jobs.list(tenant, query));
    shown.total = page.total;
    for (Job& job : page.jobs)
      if (is_end(job.state) && ended.jobs.size() < kEndedShown)
        ended.jobs.push_back(std::move(job));
    query.page = page.next;
    if (query.page.empty()) break;
  }
  const std::int64_t open = shown.groups[0].more + std::ssize(shown.groups[0].jobs) +
                            shown.groups[1].more + std::ssize(shown.groups[1].jobs) +
                            shown.groups[2].more + std::ssize(shown.groups[2].jobs);
  ended.more = std::max<std::int64_t>(0, shown.total - open - std::ssize(ended.jobs));
  ended.more_url = "/?status=all";
  shown.groups.push_back(std::move(ended));
  return shown;
}

}  // namespace

Result<JobsShown> list_jobs(const Jobs& jobs, std::string_view tenant,
                            const net::Parameters& query) {
  JobQuery asked;
  asked.limit = kMost;
  std::string filter;
  for (const auto& [name, value] : query) {
    if (name == "page") {
      asked.page = value;
    } else if (name == "status") {
      filter = value;
      asked.state = job_state_named(value);
      if (!asked.state && value != "all")
        return fail(ErrorCode::usage, fmt::format("status={}: must be all, or the name of a state",
                                                  printable(value, 60)));
    } else {
      return fail(ErrorCode::usage, fmt::format("{}: there is no such parameter; status and page "
                                                "are",
                                                printable(name, 60)));
    }
  }
  if (filter.empty()) return now(jobs, tenant);
  VIDEOGEN_TRY(JobPage page, jobs.list(tenant, asked));
  JobsShown shown;
  shown.filter = filter;
  if (!page.next.empty()) shown.older_url = fmt::format("/?status={}&page={}", filter, page.next);
  // For the menu.
  const auto total = [&](std::optional<JobState> state) -> Result<std::int64_t> {
    JobQuery one;
    one.limit = 1;
    one.state = state;
    VIDEOGEN_TRY(const JobPage counted, jobs.list(tenant, one));
    return counted.total;
  };
  VIDEOGEN_TRY(shown.total, total(std::nullopt));
  VIDEOGEN_TRY(shown.running, total(JobState::running));
  VIDEOGEN_TRY(shown.waiting, total(JobState::queued));
  shown.groups.push_back({"", std::move(page.jobs)});
  return shown;
}

}  // namespace videogen::serve
