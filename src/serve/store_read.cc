#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "serve/store_state_internal.h"

namespace videogen::serve {
namespace {

using nlohmann::json;

JobEvent::Type type_of(std::string_view word) {
  if (word == "progress") return JobEvent::Type::progress;
  if (word == "artifact") return JobEvent::Type::artifact;
  if (word == "message") return JobEvent::Type::message;
  return JobEvent::Type::state;
}

ErrorCode code_of(std::string_view word) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i)
    if (name(static_cast<ErrorCode>(i)) == word) return static_cast<ErrorCode>(i);
  return ErrorCode::internal;
}

JobEvent event_at(const Statement& row) {
  JobEvent event;
  event.id = row.whole(0);
  event.job = row.text(1);
  event.time_ms = row.whole(2);
  event.type = type_of(row.text(3));
  event.state = job_state_named(row.text(4)).value_or(JobState::failed);
  event.progress = row.number(5);
  event.stage = row.text(6);
  event.message = row.text(7);
  if (event.type != JobEvent::Type::artifact) return event;
  const json artifact = json::parse(row.text(8), nullptr, false);
  if (!artifact.is_object()) return event;
  event.artifact = {artifact.value("id", ""), artifact.value("name", ""),
                    artifact.value("description", ""),
                    artifact.value("parts", json::array()).dump()};
  event.append = artifact.value("append", false);
  event.last_chunk = artifact.value("last_chunk", true);
  return event;
}

Status read_rest(sqlite3* database, Job& job) {
  Statement messages(database, "SELECT json FROM messages WHERE job = ? ORDER BY number");
  messages.bind(job.id);
  for (;;) {
    VIDEOGEN_TRY(const bool row, messages.step());
    if (!row) break;
    job.messages.push_back(messages.text(0));
  }
  Statement artifacts(database,
                      "SELECT id, name, description, parts FROM artifacts WHERE job = ? "
                      "ORDER BY number");
  artifacts.bind(job.id);
  for (;;) {
    VIDEOGEN_TRY(const bool row, artifacts.step());
    if (!row) return {};
    job.artifacts.push_back(
        {artifacts.text(0), artifacts.text(1), artifacts.text(2), artifacts.text(3)});
  }
}

// Filters that are empty let everything through.
constexpr std::string_view kFilter =
    "tenant = ?1 AND (?2 = '' OR state = ?2) AND (?3 = '' OR skill = ?3) AND (?4 = '' OR "
    "context = ?4) AND updated_ms >= ?5";

void bind_filter(Statement& statement, std::string_view tenant, const JobQuery& query) {
  statement.bind(tenant)
      .bind(query.state ? name(*query.state) : std::string_view())
      .bind(query.skill ? name(*query.skill) : std::string_view())
      .bind(query.context)
      .bind(query.updated_since_ms.value_or(0));
}

}  // namespace

StoredJob Store::State::job_at(const Statement& row) const {
  StoredJob stored;
  Job& job = stored.job;
  job.id = row.text(0);
  job.tenant = row.text(1);
  job.skill = skill_named(row.text(2)).value_or(Skill::validate);
  job.state = job_state_named(row.text(3)).value_or(JobState::failed);
  job.progress = row.number(4);
  job.stage = row.text(5);
  job.request = row.text(6);
  job.input = whole(row.text(7));
  job.input_name = row.text(8);
  job.result = row.text(9);
  job.output = whole(row.text(10));
  if (const std::string code = row.text(11); !code.empty())
    job.error = Error{code_of(code), row.text(12), std::source_location::current()};
  job.context = row.text(13);
  job.traceparent = row.text(14);
  job.priority = static_cast<int>(row.whole(15));
  job.runs = static_cast<int>(row.whole(16));
  job.created_ms = row.whole(17);
  job.started_ms = row.whole(18);
  job.ended_ms = row.whole(19);
  job.updated_ms = row.whole(20);
  job.last_event = row.whole(21);
  stored.key = row.text(22);
  stored.digest = row.text(23);
  stored.checkpoint = row.text(24);
  stored.cancel_asked = row.whole(25) != 0;
  stored.bytes = row.whole(26);
  return stored;
}

Result<std::optional<Job>> Store::find(std::string_view tenant, std::string_view id) const {
  const std::lock_guard lock(state_->reading);
  Statement select(
      state_->reader.get(),
      fmt::format("SELECT {} FROM jobs WHERE id = ?1 AND (?2 = '' OR tenant = ?2)", kJobColumns));
  VIDEOGEN_TRY(const bool row, select.bind(id).bind(tenant).step());
  if (!row) return std::nullopt;
  Job job = state_->job_at(select).job;
  VIDEOGEN_TRY(read_rest(state_->reader.get(), job));
  return job;
}

Result<std::optional<StoredJob>> Store::find_key(std::string_view tenant,
                                                 std::string_view key) const {
  const std::lock_guard lock(state_->reading);
  Statement select(
      state_->reader.get(),
      fmt::format("SELECT {} FROM jobs WHERE tenant = ? AND idempotency_key = ?", kJobColumns));
  VIDEOGEN_TRY(const bool row, select.bind(tenant).bind(key).step());
  if (!row) return std::nullopt;
  StoredJob stored = state_->job_at(select);
  VIDEOGEN_TRY(read_rest(state_->reader.get(), stored.job));
  return stored;
}

Result<JobPage> Store::list(std::string_view tenant, const JobQuery& query) const {
  std::int64_t before = INT64_MAX;
  if (!query.page.empty()) {
    const char* end = query.page.data() + query.page.size();
    const auto [stopped, error] = std::from_chars(query.page.data(), end, before);
    if (error != std::errc() || stopped != end || before <= 0)
      return fail(ErrorCode::usage, fmt::format("page {}: there is no such page; take the one "
                                                "that \"next\" named",
                                                printable(query.page, 60)));
  }
  const int limit = std::clamp(query.limit, 1, 100);
  const std::lock_guard lock(state_->reading);
  sqlite3* database = state_->reader.get();
  JobPage page;
  Statement count(database, fmt::format("SELECT COUNT(*) FROM jobs WHERE {}", kFilter));
  bind_filter(count, tenant, query);
  VIDEOGEN_TRY([[maybe_unused]] const bool counted, count.step());
  page.total = count.whole(0);
  Statement select(database, fmt::format("SELECT {} FROM jobs WHERE {} AND last_event < ?6 "
                                         "ORDER BY last_event DESC LIMIT ?7",
                                         kJobColumns, kFilter));
  bind_filter(select, tenant, query);
  select.bind(before).bind(std::int64_t{limit} + 1);
  for (;;) {
    VIDEOGEN_TRY(const bool row, select.step());
    if (!row) return page;
    if (page.jobs.size() == static_cast<std::size_t>(limit)) {
      page.next = fmt::format("{}", page.jobs.back().last_event);
      return page;
    }
    page.jobs.push_back(state_->job_at(select).job);
  }
}

Result<std::vector<StoredJob>> Store::open_jobs() const {
  const std::lock_guard lock(state_->reading);
  Statement select(state_->reader.get(),
                   fmt::format("SELECT {} FROM jobs WHERE state IN ('queued', 'running', "
                               "'input_required') ORDER BY rowid",
                               kJobColumns));
  std::vector<StoredJob> jobs;
  for (;;) {
    VIDEOGEN_TRY(const bool row, select.step());
    if (!row) break;
    jobs.push_back(state_->job_at(select));
  }
  for (StoredJob& stored : jobs) VIDEOGEN_TRY(read_rest(state_->reader.get(), stored.job));
  return jobs;
}

Result<std::vector<JobEvent>> Store::events(std::string_view tenant, std::string_view job,
                                            std::int64_t after, int most) const {
  // Each of the three has its index.
  const std::string_view filter = !job.empty()      ? "job = ?1"
                                  : !tenant.empty() ? "tenant = ?1"
                                                    : "?1 = ''";
  const std::lock_guard lock(state_->reading);
  Statement select(state_->reader.get(),
                   fmt::format("SELECT id, job, time_ms, type, state, progress, stage, message, "
                               "artifact FROM events WHERE {} AND id > ?2 ORDER BY id LIMIT ?3",
                               filter));
  select.bind(!job.empty() ? job : tenant).bind(after).bind(std::int64_t{most});
  std::vector<JobEvent> events;
  for (;;) {
    VIDEOGEN_TRY(const bool row, select.step());
    if (!row) return events;
    events.push_back(event_at(select));
  }
}

Result<std::int64_t> Store::last_event() const {
  const std::lock_guard lock(state_->reading);
  return database::one_number(state_->reader.get(), "SELECT COALESCE(MAX(id), 0) FROM events");
}

Result<std::vector<Store::Ended>> Store::ended(std::int64_t before_ms, int most) const {
  const std::lock_guard lock(state_->reading);
  Statement select(state_->reader.get(),
                   "SELECT id, MAX(ended_ms, updated_ms) AS at, bytes FROM jobs WHERE state NOT IN "
                   "('queued', 'running') AND at < ? ORDER BY at LIMIT ?");
  select.bind(before_ms).bind(std::int64_t{most});
  std::vector<Ended> found;
  for (;;) {
    VIDEOGEN_TRY(const bool row, select.step());
    if (!row) return found;
    found.push_back({select.text(0), select.whole(1), select.whole(2)});
  }
}

Result<std::int64_t> Store::bytes() const {
  const std::lock_guard lock(state_->reading);
  return database::one_number(state_->reader.get(), "SELECT COALESCE(SUM(bytes), 0) FROM jobs");
}

Result<std::vector<std::string>> Store::ids() const {
  const std::lock_guard lock(state_->reading);
  Statement select(state_->reader.get(), "SELECT id FROM jobs");
  std::vector<std::string> found;
  for (;;) {
    VIDEOGEN_TRY(const bool row, select.step());
    if (!row) return found;
    found.push_back(select.text(0));
  }
}

Result<std::vector<std::pair<std::string, std::string>>> Store::kept(
    std::string_view job, std::string_view prefix) const {
  const std::lock_guard lock(state_->reading);
  Statement select(state_->reader.get(),
                   "SELECT key, value FROM kept WHERE job = ?1 AND substr(key, 1, length(?2)) = "
                   "?2 ORDER BY key");
  select.bind(job).bind(prefix);
  std::vector<std::pair<std::string, std::string>> found;
  for (;;) {
    VIDEOGEN_TRY(const bool row, select.step());
    if (!row) return found;
    found.emplace_back(select.text(0), select.text(1));
  }
}

}  // namespace videogen::serve
